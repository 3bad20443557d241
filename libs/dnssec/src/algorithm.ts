import { sign, verify, type KeyObject } from 'node:crypto';
import { DnssecError } from './errors.js';

/**
 * DNSSEC algorithm numbers we make and check: 8 RSASHA256 (RFC 5702), 13 ECDSAP256SHA256 and 14 ECDSAP384SHA384
 * (RFC 6605), 15 ED25519 (RFC 8080). What RFC 8624 §3.1 calls MUST or RECOMMENDED, and nothing older.
 */
export type Algorithm = 8 | 13 | 14 | 15;

export interface Scheme {
  readonly name: string;
  readonly keyType: 'rsa' | 'ec' | 'ed25519';
  /** As OpenSSL and JWK spell it; undefined for RSA. */
  readonly curve?: { readonly openssl: string; readonly jwk: string; readonly octets: number };
  /** Digest made before signing; undefined where the algorithm does it itself. */
  readonly hash?: 'sha256' | 'sha384';
  /** Octets of every signature; undefined where the key decides. */
  readonly signatureOctets?: number;
}

const schemes: Record<Algorithm, Scheme> = {
  8: { name: 'RSASHA256', keyType: 'rsa', hash: 'sha256' },
  13: {
    name: 'ECDSAP256SHA256',
    keyType: 'ec',
    curve: { openssl: 'prime256v1', jwk: 'P-256', octets: 32 },
    hash: 'sha256',
    signatureOctets: 64,
  },
  14: {
    name: 'ECDSAP384SHA384',
    keyType: 'ec',
    curve: { openssl: 'secp384r1', jwk: 'P-384', octets: 48 },
    hash: 'sha384',
    signatureOctets: 96,
  },
  15: {
    name: 'ED25519',
    keyType: 'ed25519',
    curve: { openssl: 'ed25519', jwk: 'Ed25519', octets: 32 },
    signatureOctets: 64,
  },
};

export function isAlgorithm(code: number): code is Algorithm {
  return Object.hasOwn(schemes, code);
}

/** @throws DnssecError ALGORITHM_UNSUPPORTED */
export function schemeOf(algorithm: number): Scheme {
  if (!isAlgorithm(algorithm)) {
    throw new DnssecError('ALGORITHM_UNSUPPORTED', `DNSSEC algorithm ${algorithm} is not supported`);
  }
  return schemes[algorithm];
}

/** The signature field of an RRSIG over `data`; blocks, one call into OpenSSL. */
export function signOctets(algorithm: Algorithm, privateKey: KeyObject, data: Uint8Array): Uint8Array {
  const { hash, keyType } = schemes[algorithm];
  return keyType === 'ec'
    ? sign(hash, data, { key: privateKey, dsaEncoding: 'ieee-p1363' })
    : sign(hash ?? null, data, privateKey);
}

/** Whether `signature` (an RRSIG's signature field) is the key's over `data`; false, never an exception, for malformed ones. */
export function verifyOctets(
  algorithm: Algorithm,
  publicKey: KeyObject,
  data: Uint8Array,
  signature: Uint8Array,
): boolean {
  const { hash, keyType, signatureOctets } = schemes[algorithm];
  if (signatureOctets !== undefined && signature.length !== signatureOctets) return false;
  try {
    return keyType === 'ec'
      ? verify(hash, data, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature)
      : verify(hash ?? null, data, publicKey, signature);
  } catch {
    return false;
  }
}
