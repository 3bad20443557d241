import type { JWK } from 'jose';
import { KeyError } from './errors.js';
import { materialOf } from './public-key.js';
import type { PublicKey } from './public-key.js';

const algorithm = { name: 'RSA-OAEP', hash: 'SHA-256' } as const;
/** RFC 8017 §7.1.1: two hashes and two octets are not there for the message. */
const overhead = 2 * 32 + 2;

/** @throws KeyError SECRET_TOO_LONG */
export async function rsaSeal(secret: Uint8Array, to: PublicKey, label: Uint8Array): Promise<Uint8Array> {
  const modulusSize = (materialOf(to) as { n: Uint8Array }).n.length;
  if (secret.length > modulusSize - overhead)
    throw new KeyError(
      'SECRET_TOO_LONG',
      `a secret of ${secret.length} octets is too long for an RSA key of this size`,
    );
  const key = await crypto.subtle.importKey('spki', to.spki, algorithm, false, ['encrypt']);
  return new Uint8Array(await crypto.subtle.encrypt({ name: algorithm.name, label }, key, secret));
}

/** @throws KeyError SEAL_BROKEN, KEY_MALFORMED */
export async function rsaOpen(sealed: Uint8Array, privateJwk: JWK, label: Uint8Array): Promise<Uint8Array> {
  const key = await privateKey(privateJwk);
  try {
    return new Uint8Array(await crypto.subtle.decrypt({ name: algorithm.name, label }, key, sealed));
  } catch {
    throw new KeyError('SEAL_BROKEN', 'what was sealed does not open with this key in this context');
  }
}

async function privateKey({ kty, n, e, d, p, q, dp, dq, qi }: JWK) {
  try {
    // Only these members: `alg`, `use` and `key_ops` of a key that its holder also signs with would forbid this use.
    const jwk = { kty: kty!, n: n!, e: e!, d: d!, p: p!, q: q!, dp: dp!, dq: dq!, qi: qi! };
    return await crypto.subtle.importKey('jwk', jwk, algorithm, false, ['decrypt']);
  } catch {
    throw new KeyError('KEY_MALFORMED', 'the private JWK is not an RSA private key');
  }
}
