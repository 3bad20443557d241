import { createHash } from 'node:crypto';
import { ds, type Name } from '@callbook/dns';
import { DnssecError } from './errors.js';
import { keyTag } from './key-tag.js';

/** IANA "DS RR Type Digest Algorithms": SHA-1 (RFC 4034), SHA-256 (RFC 4509), SHA-384 (RFC 6605). */
export type DigestType = 1 | 2 | 4;

const hashes: Record<DigestType, string> = { 1: 'sha1', 2: 'sha256', 4: 'sha384' };

export function isDigestType(code: number): code is DigestType {
  return Object.hasOwn(hashes, code);
}

/** DS rdata for the key at `owner` (RFC 4034 §5.1.4); SHA-256 unless told, as RFC 8624 §3.3 has it. */
export function dsOf(owner: Name, dnskeyRdata: Uint8Array, digest: DigestType = 2): Uint8Array {
  if (dnskeyRdata.length < 5) throw new DnssecError('DNSKEY_MALFORMED', 'DNSKEY rdata is too short');
  return ds.write({
    keyTag: keyTag(dnskeyRdata),
    algorithm: dnskeyRdata[3] as number,
    digestType: digest,
    digest: digestOf(owner, dnskeyRdata, digest),
  });
}

/** @throws DnssecError DIGEST_UNSUPPORTED */
export function digestOf(owner: Name, dnskeyRdata: Uint8Array, digest: number): Uint8Array {
  if (!isDigestType(digest)) throw new DnssecError('DIGEST_UNSUPPORTED', `DS digest type ${digest} is not supported`);
  return createHash(hashes[digest]).update(owner.lower().wire).update(dnskeyRdata).digest();
}
