import { KeyError } from './errors.js';
import { integerOf, littleEndianOf } from './integers.js';
import type { KeyKind, KeyMaterial } from './key-material.js';
import { isOnP256, isPointOfEd25519, isSmallOrderOfEd25519, isSmallOrderOfX25519, fieldSize25519 } from './points.js';
import { checkRsa } from './rsa-strength.js';
import { readSpki, writeSpki } from './spki.js';

/** A public key that was checked when it was parsed. Only the functions of this library make one. */
export interface PublicKey {
  readonly kind: KeyKind;
  /** SubjectPublicKeyInfo, DER: the one encoding that a key of this kind has (RFC 8410 §4, RFC 5480 §2, RFC 3279 §2.3.1). */
  readonly spki: Uint8Array;
}

/** The only way to a `PublicKey`: every check of a key is here. @throws KeyError KEY_MALFORMED, KEY_UNSUPPORTED, KEY_WEAK @internal */
export function publicKeyOf(material: KeyMaterial): PublicKey {
  checkMaterial(material);
  return Object.freeze({ kind: material.kind, spki: writeSpki(material) });
}

/** @internal */
export const materialOf = (key: PublicKey): KeyMaterial => readSpki(key.spki);

/**
 * Reads a SubjectPublicKeyInfo. Only the one DER form of a key is taken, so that equal keys are equal octets in DNS.
 * @throws KeyError KEY_MALFORMED, KEY_UNSUPPORTED, KEY_WEAK
 */
export function publicKeyFromSpki(der: Uint8Array): PublicKey {
  const key = publicKeyOf(readSpki(der));
  if (Buffer.compare(key.spki, der) !== 0)
    throw new KeyError('KEY_MALFORMED', 'the SubjectPublicKeyInfo is not in its one DER form');
  return key;
}

/** A copy of the SubjectPublicKeyInfo, DER. */
export const spkiOf = (key: PublicKey): Uint8Array => Uint8Array.from(key.spki);

function checkMaterial(material: KeyMaterial): void {
  switch (material.kind) {
    case 'ed25519':
      return checkEd25519(material.x);
    case 'x25519':
      return checkX25519(material.x);
    case 'p256':
      if (material.x.length !== 32 || material.y.length !== 32)
        throw new KeyError('KEY_MALFORMED', 'a coordinate of a P-256 key has 32 octets');
      if (!isOnP256(integerOf(material.x), integerOf(material.y)))
        throw new KeyError('KEY_WEAK', 'the point is not on P-256');
      return;
    case 'rsa':
      return checkRsa(material.n, material.e);
  }
}

/** RFC 8032 §5.1.3: the last bit is the sign of x, the rest is y. */
function checkEd25519(octets: Uint8Array): void {
  if (octets.length !== 32) throw new KeyError('KEY_MALFORMED', 'an Ed25519 key has 32 octets');
  const sign = octets[31]! >> 7;
  const y = littleEndianOf(octets) & ((1n << 255n) - 1n);
  if (y >= fieldSize25519) throw new KeyError('KEY_MALFORMED', 'the Ed25519 key is not in its shortest form');
  if (isSmallOrderOfEd25519(y)) throw new KeyError('KEY_WEAK', 'the Ed25519 point has low order');
  if (!isPointOfEd25519(y, sign)) throw new KeyError('KEY_WEAK', 'the point is not on Ed25519');
}

/** RFC 7748 §5 lets receivers mask the top bit and reduce; a key that needs it has two spellings, and no honest one does. */
function checkX25519(octets: Uint8Array): void {
  if (octets.length !== 32) throw new KeyError('KEY_MALFORMED', 'an X25519 key has 32 octets');
  const u = littleEndianOf(octets);
  if (isSmallOrderOfX25519((u % (1n << 255n)) % fieldSize25519))
    throw new KeyError('KEY_WEAK', 'the X25519 point has low order');
  if (u >= fieldSize25519) throw new KeyError('KEY_MALFORMED', 'the X25519 key is not in its reduced form');
}
