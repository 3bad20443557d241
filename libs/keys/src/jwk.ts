import { fromBase64url, toBase64url } from './base64url.js';
import { KeyError } from './errors.js';
import type { KeyMaterial } from './key-material.js';
import { materialOf, publicKeyOf } from './public-key.js';
import type { PublicKey } from './public-key.js';

/** The required members of a public key and no others (RFC 7638 §3.2, RFC 8037 §2): what a thumbprint is made of. */
export type PublicJwk =
  | { readonly kty: 'OKP'; readonly crv: 'Ed25519' | 'X25519'; readonly x: string }
  | { readonly kty: 'EC'; readonly crv: 'P-256'; readonly x: string; readonly y: string }
  | { readonly kty: 'RSA'; readonly n: string; readonly e: string };

/** Members of private and symmetric keys (RFC 7518 §6.2.2, §6.3.2, §6.4, RFC 8037 §2). */
const secretMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

/**
 * Reads a JWK (RFC 7517). Members that say nothing about which key it is (`kid`, `use`, `alg`, …) are passed over.
 * @throws KeyError KEY_MALFORMED, KEY_UNSUPPORTED, KEY_WEAK (also for a key that comes with its private members)
 */
export function publicKeyFromJwk(jwk: unknown): PublicKey {
  const members = membersOf(jwk);
  if (secretMembers.some((member) => members.has(member)))
    throw new KeyError('KEY_WEAK', 'the JWK has private members: that key is no secret any more');
  return publicKeyOf(materialOfJwk(members));
}

/** The public key of a private JWK. @throws KeyError KEY_MALFORMED, KEY_UNSUPPORTED, KEY_WEAK @internal */
export const publicKeyOfPrivateJwk = (jwk: unknown): PublicKey => publicKeyOf(materialOfJwk(membersOf(jwk)));

export function jwkOf(key: PublicKey): PublicJwk {
  const material = materialOf(key);
  switch (material.kind) {
    case 'ed25519':
      return { kty: 'OKP', crv: 'Ed25519', x: toBase64url(material.x) };
    case 'x25519':
      return { kty: 'OKP', crv: 'X25519', x: toBase64url(material.x) };
    case 'p256':
      return { kty: 'EC', crv: 'P-256', x: toBase64url(material.x), y: toBase64url(material.y) };
    case 'rsa':
      return { kty: 'RSA', n: toBase64url(material.n), e: toBase64url(material.e) };
  }
}

/** Own members only: a prototype says nothing about a key. */
function membersOf(jwk: unknown): ReadonlyMap<string, unknown> {
  if (typeof jwk !== 'object' || jwk === null || Array.isArray(jwk))
    throw new KeyError('KEY_MALFORMED', 'a JWK is a JSON object');
  return new Map(Object.entries(jwk).filter(([, value]) => value !== undefined));
}

function materialOfJwk(members: ReadonlyMap<string, unknown>): KeyMaterial {
  const [kty, crv] = [members.get('kty'), members.get('crv')];
  const octets = (member: string): Uint8Array => {
    const value = members.get(member);
    const decoded = typeof value === 'string' ? fromBase64url(value) : undefined;
    if (!decoded) throw new KeyError('KEY_MALFORMED', `the JWK has no \`${member}\` in base64url`);
    return decoded;
  };
  if (typeof kty !== 'string') throw new KeyError('KEY_MALFORMED', 'the JWK has no `kty`');
  if (kty === 'OKP' && crv === 'Ed25519') return { kind: 'ed25519', x: octets('x') };
  if (kty === 'OKP' && crv === 'X25519') return { kind: 'x25519', x: octets('x') };
  if (kty === 'EC' && crv === 'P-256') return { kind: 'p256', x: octets('x'), y: octets('y') };
  if (kty === 'RSA') return { kind: 'rsa', n: octets('n'), e: octets('e') };
  throw new KeyError('KEY_UNSUPPORTED', 'the key is not Ed25519, X25519, P-256 or RSA');
}
