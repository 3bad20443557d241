import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { schemeOf } from './algorithm.js';
import { DnssecError } from './errors.js';

/** RFC 5702 §2.1. */
const rsaModulusOctets = { least: 64, most: 512 };

/**
 * Public exponents beyond 2^40 buy no safety and make every verification dearer: an attacker's lever against whoever
 * checks. (BIND stops at 35 bits for the same reason.)
 */
const rsaExponentOctets = 5;

/**
 * The public key field of a DNSKEY as a key that can verify: RFC 3110 §2 (RSA), RFC 6605 §4 (P-256, P-384),
 * RFC 8080 §3 (Ed25519).
 * @throws DnssecError ALGORITHM_UNSUPPORTED, DNSKEY_MALFORMED (wrong length, point off the curve, leading zeros)
 */
export function publicKeyFromField(algorithm: number, field: Uint8Array): KeyObject {
  const { keyType, curve } = schemeOf(algorithm);
  if (curve === undefined) return importJwk(rsaJwk(field));
  const { octets, jwk: crv } = curve;
  if (keyType === 'ed25519') {
    expectLength(field, octets);
    return importJwk({ kty: 'OKP', crv, x: base64url(field) });
  }
  expectLength(field, 2 * octets);
  return importJwk({ kty: 'EC', crv, x: base64url(field.subarray(0, octets)), y: base64url(field.subarray(octets)) });
}

/** RSA keys shorter than 1024 bits can be factored: they prove nothing, whatever RFC 5702 permits. */
export function isWeak(dnskeyRdata: Uint8Array): boolean {
  return schemeOf(dnskeyRdata[3] as number).keyType === 'rsa' && rsaParts(dnskeyRdata.subarray(4)).modulus.length < 128;
}

const imported = new WeakMap<Uint8Array, KeyObject>();

/**
 * The key of DNSKEY rdata (at least five octets). Importing a point costs as much as a verification, so it happens once
 * for each array: rdata is never written to.
 */
export function publicKeyOfDnskey(dnskeyRdata: Uint8Array): KeyObject {
  const known = imported.get(dnskeyRdata);
  if (known) return known;
  const key = publicKeyFromField(dnskeyRdata[3] as number, dnskeyRdata.subarray(4));
  imported.set(dnskeyRdata, key);
  return key;
}

/** The reverse: what a DNSKEY's public key field says of `key` (public or private). */
export function fieldFromKey(algorithm: number, key: KeyObject): Uint8Array {
  const { keyType } = schemeOf(algorithm);
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  const jwk = publicKey.export({ format: 'jwk' });
  const part = (value: string | undefined): Buffer => Buffer.from(value ?? '', 'base64url');
  switch (keyType) {
    case 'ed25519':
      return part(jwk.x);
    case 'ec':
      return Buffer.concat([part(jwk.x), part(jwk.y)]);
    case 'rsa': {
      const exponent = part(jwk.e);
      const length = exponent.length < 256 ? [exponent.length] : [0, exponent.length >> 8, exponent.length & 0xff];
      return Buffer.concat([Buffer.from(length), exponent, part(jwk.n)]);
    }
  }
}

function rsaJwk(field: Uint8Array): JsonWebKey {
  const { exponent, modulus } = rsaParts(field);
  // RFC 3110 §2: leading zero octets are prohibited in both; they would give one key many tags.
  if (exponent.length === 0 || exponent[0] === 0 || exponent.length > rsaExponentOctets) {
    throw malformed('RSA exponent is empty, padded or too long');
  }
  if (modulus[0] === 0 || modulus.length < rsaModulusOctets.least || modulus.length > rsaModulusOctets.most) {
    throw malformed('RSA modulus is not 512 to 4096 bits');
  }
  return { kty: 'RSA', n: base64url(modulus), e: base64url(exponent) };
}

/** RFC 3110 §2: the exponent's length in one octet, or in two after a zero. */
function rsaParts(field: Uint8Array): { exponent: Uint8Array; modulus: Uint8Array } {
  const long = field[0] === 0;
  const start = long ? 3 : 1;
  const octets = long ? ((field[1] ?? 0) << 8) | (field[2] ?? 0) : (field[0] ?? 0);
  return { exponent: field.subarray(start, start + octets), modulus: field.subarray(start + octets) };
}

function importJwk(jwk: JsonWebKey): KeyObject {
  try {
    return createPublicKey({ key: jwk, format: 'jwk' });
  } catch {
    throw malformed('public key is not valid for its algorithm');
  }
}

function expectLength(field: Uint8Array, octets: number): void {
  if (field.length !== octets) throw malformed(`public key has ${field.length} octets, not ${octets}`);
}

function base64url(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('base64url');
}

function malformed(message: string): DnssecError {
  return new DnssecError('DNSKEY_MALFORMED', message);
}
