import { CallbookError, readStatement, type BindingContent, type Statement } from '@callbook/contracts';
import { Name } from '@callbook/dns';
import { naptrSet } from '@callbook/enum';
import { publicKeyFromSpki } from '@callbook/keys';

type PublishedKey = Statement['keys'][number];

/** Clocks of clients may be ahead by this, milliseconds. */
const clockSkew = 5 * 60_000;

/** Uses that a kind of key cannot have: Ed25519 only signs, X25519 only agrees on keys. */
const useless: Readonly<Record<string, PublishedKey['use']>> = { ed25519: 'encryption', x25519: 'identity' };

/**
 * The statement in the signed octets, if it is about this identifier and all of it can be published. Errors: STATEMENT_MALFORMED,
 * STATEMENT_MISMATCH, and those of routes and keys.
 */
export function checkStatement(identifier: string, payload: Uint8Array, now: number): Statement {
  const statement = readStatement(payload);
  if (statement.identifier !== identifier)
    throw new CallbookError('STATEMENT_MISMATCH', 'the statement is about another identifier');
  if (Date.parse(statement.issuedAt) > now + clockSkew)
    throw new CallbookError('STATEMENT_MALFORMED', '`issuedAt` is in the future');
  // All that can be wrong with routes shows when the set is made; the owner name has no part in it.
  if (statement.routes.length > 0) naptrSet(Name.root, statement.routes, statement.ttl);
  checkKeys(statement.keys);
  return statement;
}

function checkKeys(keys: readonly PublishedKey[]): void {
  for (const { use, value } of keys)
    if (useless[publicKeyFromSpki(Buffer.from(value, 'base64url')).kind] === use)
      throw new CallbookError('KEY_UNSUPPORTED', `a key of this kind is of no use for ${use}`);
  if (new Set(keys.map(({ use, value }) => `${use} ${value}`)).size < keys.length)
    throw new CallbookError('STATEMENT_MALFORMED', 'the same key is there twice');
}

/** What of a statement becomes DNS. */
export const contentOf = (statement: Statement, hash: string): BindingContent => ({
  identifier: statement.identifier,
  sequence: statement.sequence,
  hash,
  visibility: statement.visibility,
  routes: statement.routes,
  keys: statement.keys,
  ttl: statement.ttl,
});
