import { rrsig, RRType, type Name, type RR, type RRset, type Rrsig } from '@callbook/dns';
import { isAlgorithm, schemeOf, verifyOctets } from './algorithm.js';
import { DnssecError, type DnssecErrorCode } from './errors.js';
import { keyTag } from './key-tag.js';
import { publicKeyOfDnskey } from './public-key.js';
import { compareTimes, wrapTime } from './serial-time.js';
import { signedData } from './signed-data.js';

const zoneKeyFlag = 0x0100; // RFC 4034 §2.1.1
const revokedFlag = 0x0080; // RFC 5011 §3

/**
 * Returns when `sig` proves that the zone `signerZone` published `set` and `now` (Unix seconds) lies in its time:
 * every condition of RFC 4035 §5.3.1, then the signature itself. Whether the key belongs to the zone, and, for a name
 * made from a wildcard, whether no closer name exists, is the caller's to prove; see `validate`.
 * @throws DnssecError SIGNATURE_MALFORMED, SIGNATURE_MISMATCH, SIGNATURE_NOT_YET_VALID, SIGNATURE_EXPIRED,
 *   SIGNATURE_INVALID, ALGORITHM_UNSUPPORTED, DNSKEY_MALFORMED, DNSKEY_UNUSABLE, RRSET_EMPTY
 */
export function verifyRRset(set: RRset, sig: RR, dnskeyRdata: Uint8Array, signerZone: Name, now: number): void {
  const fields = readSignature(sig);
  checkFields(set, sig, fields, signerZone, now);
  schemeOf(fields.algorithm);
  checkKey(dnskeyRdata, fields);
  verifyWithKey(set, fields, dnskeyRdata);
}

/** @throws DnssecError SIGNATURE_MALFORMED */
export function readSignature(sig: RR): Rrsig {
  if (sig.type !== RRType.RRSIG) throw new DnssecError('SIGNATURE_MALFORMED', 'not an RRSIG');
  try {
    return rrsig.read(sig.rdata);
  } catch {
    throw new DnssecError('SIGNATURE_MALFORMED', 'RRSIG rdata cannot be read');
  }
}

/** All that costs no cryptography, in the order of RFC 4035 §5.3.1. */
export function checkFields(set: RRset, sig: RR, fields: Rrsig, signerZone: Name, now: number): void {
  expect(sig.name.equals(set.name) && sig.class === set.class, 'is at another name or class');
  expect(fields.signer.equals(signerZone), 'is by another zone');
  expect(set.name.isWithin(signerZone), 'is by a zone that does not hold the name');
  expect(fields.typeCovered === set.type && set.type !== RRType.RRSIG, 'covers another type');
  expect(fields.labels <= set.name.labelCount, 'counts more labels than the name has');
  expect(fields.labels >= signerZone.labelCount, 'is of a wildcard outside the zone');
  const time = wrapTime(now);
  if (compareTimes(fields.expiration, time) < 0) throw new DnssecError('SIGNATURE_EXPIRED', 'signature has expired');
  if (compareTimes(fields.inception, time) > 0) {
    throw new DnssecError('SIGNATURE_NOT_YET_VALID', 'signature is not valid yet');
  }
}

/** Why a DNSKEY may not be used to check anything, or undefined (RFC 4034 §2.1.1, §2.1.2, RFC 5011 §2.1). */
export function whyUnusable(dnskeyRdata: Uint8Array): DnssecErrorCode | undefined {
  if (dnskeyRdata.length < 5) return 'DNSKEY_MALFORMED';
  const flags = ((dnskeyRdata[0] as number) << 8) | (dnskeyRdata[1] as number);
  const usable = (flags & zoneKeyFlag) !== 0 && (flags & revokedFlag) === 0 && dnskeyRdata[2] === 3;
  if (!usable) return 'DNSKEY_UNUSABLE';
  return isAlgorithm(dnskeyRdata[3] as number) ? undefined : 'ALGORITHM_UNSUPPORTED';
}

/** The cryptography alone: one verification. */
export function verifyWithKey(set: RRset, fields: Rrsig, dnskeyRdata: Uint8Array): void {
  const { algorithm } = fields;
  if (!isAlgorithm(algorithm)) throw new DnssecError('ALGORITHM_UNSUPPORTED', `algorithm ${algorithm}`);
  const publicKey = publicKeyOfDnskey(dnskeyRdata);
  if (!verifyOctets(algorithm, publicKey, signedData(set, fields).octets, fields.signature)) {
    throw new DnssecError('SIGNATURE_INVALID', 'signature does not verify');
  }
}

function checkKey(dnskeyRdata: Uint8Array, fields: Rrsig): void {
  const reason = whyUnusable(dnskeyRdata);
  if (reason !== undefined) throw new DnssecError(reason, 'key may not be used to check signatures');
  expect(dnskeyRdata[3] === fields.algorithm && keyTag(dnskeyRdata) === fields.keyTag, 'is by another key');
}

function expect(held: boolean, otherwise: string): void {
  if (!held) throw new DnssecError('SIGNATURE_MISMATCH', `signature ${otherwise}`);
}
