import { CallbookError } from '@callbook/contracts';
import { jwkOf, publicKeyFromJwk, thumbprint } from '@callbook/keys';
import type { Clock } from '@callbook/process';
import type { AccountRow, AccountStore } from './account-store.js';

/**
 * Makes or finds the account of a key: the id is the key's RFC 7638 thumbprint, so that asking twice, or at two replicas at once, ends
 * with one account. Errors: those of `publicKeyFromJwk`; KEY_UNSUPPORTED for a key that cannot sign.
 */
export async function openAccount(deps: { accounts: AccountStore; clock: Clock }, request: { key: unknown }) {
  const key = publicKeyFromJwk(request.key);
  if (key.kind === 'x25519')
    throw new CallbookError('KEY_UNSUPPORTED', 'an X25519 key cannot sign, so that no account can have it');
  const id = thumbprint(key);
  const created = await deps.accounts.insert({ id, key: jwkOf(key), createdAt: new Date(deps.clock()) });
  const account = await accountOf(deps, id);
  return { id, createdAt: account.createdAt.toISOString(), created };
}

/** The key of an account. Errors: ACCOUNT_UNKNOWN. */
export async function keyOfAccount(deps: { accounts: AccountStore }, request: { account: string }) {
  const { key } = await accountOf(deps, request.account);
  return { key: { ...key } };
}

export async function accountOf(deps: { accounts: AccountStore }, id: string): Promise<AccountRow> {
  const account = await deps.accounts.find(id);
  if (!account) throw new CallbookError('ACCOUNT_UNKNOWN', 'there is no account of this key');
  return account;
}
