import type { JWK } from 'jose';
import { KeyError } from './errors.js';
import { hpkeOpen, hpkeSeal } from './hpke.js';
import { publicKeyOfPrivateJwk } from './jwk.js';
import type { PublicKey } from './public-key.js';
import { rsaOpen, rsaSeal } from './rsa-oaep.js';

/** What a sealed secret is bound to: whoever opens it has to name the same. */
export interface SealContext {
  /** The `info` of HPKE (RFC 9180 §5.1), the label of RSA-OAEP (RFC 8017 §7.1); as UTF-8. */
  readonly info: string;
}

/**
 * Seals a secret to a key, so that only the holder of its private part can read it.
 *
 * X25519 and P-256: HPKE in base mode (RFC 9180 §6.1), KDF HKDF-SHA256, AEAD AES-128-GCM, empty `aad`: the encapsulated key (32 or 65
 * octets), the ciphertext and its tag (16). RSA: RSAES-OAEP with SHA-256 and MGF1 with SHA-256 (RFC 8017 §7.1), as long as the modulus.
 * @throws KeyError KEY_UNSUPPORTED for Ed25519, which only signs; SECRET_TOO_LONG for RSA
 */
export async function sealSecret(secret: Uint8Array, to: PublicKey, context: SealContext): Promise<Uint8Array> {
  const info = octetsOf(context);
  switch (to.kind) {
    case 'x25519':
    case 'p256':
      return hpkeSeal(secret, to, info);
    case 'rsa':
      return rsaSeal(secret, to, info);
    case 'ed25519':
      throw onlySigns();
  }
}

/** @throws KeyError SEAL_BROKEN when key or context is another, or the octets were changed; KEY_MALFORMED, KEY_UNSUPPORTED, KEY_WEAK */
export async function openSecret(sealed: Uint8Array, privateJwk: JWK, context: SealContext): Promise<Uint8Array> {
  const info = octetsOf(context);
  const key = publicKeyOfPrivateJwk(privateJwk);
  switch (key.kind) {
    case 'x25519':
    case 'p256':
      return hpkeOpen(sealed, key.kind, privateJwk, info);
    case 'rsa':
      return rsaOpen(sealed, privateJwk, info);
    case 'ed25519':
      throw onlySigns();
  }
}

const octetsOf = ({ info }: SealContext): Uint8Array => new TextEncoder().encode(info);

const onlySigns = () => new KeyError('KEY_UNSUPPORTED', 'an Ed25519 key only signs: nothing can be sealed to it');
