import {
  CallbookError,
  pathOf,
  type AccountId,
  type ClientOf,
  type identity,
  type PublicJwk,
} from '@callbook/contracts';

/** An account's id is the thumbprint of its key, so that what was read once is true for ever. */
const maximumKept = 10_000;

export interface AccountKeys {
  /** The account that a `kid` names, and its key. Errors: ACCOUNT_UNKNOWN, UNAVAILABLE. */
  of(kid: string): Promise<{ account: AccountId; key: PublicJwk }>;
}

export function createAccountKeys(deps: {
  identity: Pick<ClientOf<typeof identity>, 'account.key'>;
  publicUrl: string;
}): AccountKeys {
  const prefix = deps.publicUrl + pathOf('newAccount') + '/';
  const kept = new Map<AccountId, PublicJwk>();
  return {
    of: async (kid) => {
      const account = kid.startsWith(prefix) ? kid.slice(prefix.length) : '';
      if (!/^[\w-]{43}$/.test(account))
        throw new CallbookError('ACCOUNT_UNKNOWN', 'kid is not the URL of an account of this directory');
      const known = kept.get(account);
      if (known) return { account, key: known };
      const { key } = await deps.identity['account.key']({ account });
      if (kept.size >= maximumKept) kept.delete(kept.keys().next().value!);
      kept.set(account, key);
      return { account, key };
    },
  };
}
