import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { schemeOf, type Algorithm } from './algorithm.js';
import { DnssecError } from './errors.js';
import { keyTag } from './key-tag.js';
import { fieldFromKey } from './public-key.js';

/** A key that signs a zone. `privateKey` never leaves the process but through exportZoneKey. */
export interface ZoneKey {
  readonly algorithm: Algorithm;
  /** 256: zone key (ZSK); 257: zone key and secure entry point (KSK). RFC 4034 §2.1.1. */
  readonly flags: 256 | 257;
  readonly tag: number;
  /** DNSKEY rdata. */
  readonly rdata: Uint8Array;
  readonly privateKey: KeyObject;
}

const rsaModulusBits = 2048;

/** Random tags meet among n keys with odds of n in 65,536 (twice that with the revoked form): many misses mean a stuck generator. */
const attempts = 16;

/**
 * Makes a key whose tag, also once revoked (RFC 5011 §2.1 sets a flag and so moves the tag), is none of `takenTags`:
 * two keys with one tag in a zone took .ru off the net (2024-01-30), and validators may refuse to try both.
 * @throws DnssecError KEY_TAGS_EXHAUSTED
 */
export function generateZoneKey(
  algorithm: Algorithm,
  flags: 256 | 257,
  takenTags: readonly number[] = [],
  newPrivateKey: (algorithm: Algorithm) => KeyObject = generatePrivateKey,
): ZoneKey {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const key = zoneKeyOf(newPrivateKey(algorithm), algorithm, flags);
    if (!takenTags.includes(key.tag) && !takenTags.includes(revokedTag(key.rdata))) return key;
  }
  throw new DnssecError('KEY_TAGS_EXHAUSTED', `no key with a free tag in ${attempts} attempts`);
}

/** PKCS#8 DER, unencrypted: seal it before it touches a disk. */
export function exportZoneKey(key: ZoneKey): Uint8Array {
  return key.privateKey.export({ type: 'pkcs8', format: 'der' });
}

/**
 * @param pkcs8 PKCS#8 DER
 * @throws DnssecError ZONE_KEY_MISMATCH (not PKCS#8, or not a key of `algorithm`)
 */
export function importZoneKey(pkcs8: Uint8Array, algorithm: Algorithm, flags: 256 | 257): ZoneKey {
  let privateKey: KeyObject;
  try {
    privateKey = createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' });
  } catch {
    throw new DnssecError('ZONE_KEY_MISMATCH', 'not a PKCS#8 private key');
  }
  return zoneKeyOf(privateKey, algorithm, flags);
}

function zoneKeyOf(privateKey: KeyObject, algorithm: Algorithm, flags: 256 | 257): ZoneKey {
  const { keyType, curve, name } = schemeOf(algorithm);
  const details = privateKey.asymmetricKeyDetails;
  const fits = privateKey.asymmetricKeyType === keyType && (keyType !== 'ec' || details?.namedCurve === curve?.openssl);
  if (!fits) throw new DnssecError('ZONE_KEY_MISMATCH', `not a key for ${name}`);
  if (keyType === 'rsa' && (details?.modulusLength ?? 0) < rsaModulusBits) {
    throw new DnssecError('DNSKEY_WEAK', `we sign with RSA keys of ${rsaModulusBits} bits or more only`);
  }
  const field = fieldFromKey(algorithm, createPublicKey(privateKey));
  const rdata = Buffer.allocUnsafe(4 + field.length);
  rdata.writeUInt16BE(flags, 0);
  rdata[2] = 3; // RFC 4034 §2.1.2: always.
  rdata[3] = algorithm;
  rdata.set(field, 4);
  return { algorithm, flags, tag: keyTag(rdata), rdata, privateKey };
}

function generatePrivateKey(algorithm: Algorithm): KeyObject {
  const { keyType, curve } = schemeOf(algorithm);
  switch (keyType) {
    case 'ec':
      return generateKeyPairSync('ec', { namedCurve: curve?.openssl ?? '' }).privateKey;
    case 'rsa':
      return generateKeyPairSync('rsa', { modulusLength: rsaModulusBits, publicExponent: 0x10001 }).privateKey;
    case 'ed25519':
      return generateKeyPairSync('ed25519').privateKey;
  }
}

function revokedTag(rdata: Uint8Array): number {
  const revoked = Uint8Array.from(rdata);
  revoked[1] = (revoked[1] as number) | 0x80;
  return keyTag(revoked);
}
