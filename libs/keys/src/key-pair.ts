import { generateKeyPairSync } from 'node:crypto';
import type { JWK } from 'jose';
import { publicKeyOfPrivateJwk } from './jwk.js';
import type { KeyKind } from './key-material.js';
import type { PublicKey } from './public-key.js';

export interface KeyPair {
  readonly publicKey: PublicKey;
  /** RFC 7517, RFC 8037; for whoever holds the key and nobody else. */
  readonly privateJwk: JWK;
}

/** 128 bits of security, as the other kinds have (NIST SP 800-57 part 1 §5.6.1). */
const rsaBits = 3072;

/** A new key pair. RSA takes the better part of a second. */
export function generateKeyPair(kind: KeyKind): KeyPair {
  const privateJwk = privateKey(kind).export({ format: 'jwk' }) as JWK;
  return { publicKey: publicKeyOfPrivateJwk(privateJwk), privateJwk };
}

function privateKey(kind: KeyKind) {
  switch (kind) {
    case 'ed25519':
      return generateKeyPairSync('ed25519').privateKey;
    case 'x25519':
      return generateKeyPairSync('x25519').privateKey;
    case 'p256':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    case 'rsa':
      return generateKeyPairSync('rsa', { modulusLength: rsaBits, publicExponent: 0x10001 }).privateKey;
  }
}
