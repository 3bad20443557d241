import { createHash } from 'node:crypto';
import { jwkOf } from './jwk.js';
import type { PublicKey } from './public-key.js';

/** RFC 7638 SHA-256 thumbprint, base64url, 43 characters: the name of a key and of the account that has it. */
export function thumbprint(key: PublicKey): string {
  const members = Object.entries(jwkOf(key)).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify(Object.fromEntries(members)))
    .digest('base64url');
}
