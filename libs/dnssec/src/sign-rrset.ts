import { RRType, type Name, type RR, type RRset } from '@callbook/dns';
import { signOctets } from './algorithm.js';
import { DnssecError } from './errors.js';
import { wrapTime } from './serial-time.js';
import { signedData } from './signed-data.js';
import { hasWildcardLabel } from './wildcard.js';
import type { ZoneKey } from './zone-key.js';

/** Unix seconds; both ends belong to the time in which the signature holds. */
export interface Validity {
  readonly inception: number;
  readonly expiration: number;
}

/**
 * The RRSIG over `set` (RFC 4034 §3.1), with the set's TTL and class. The set's own TTL is what is signed as original
 * TTL: give it as the zone has it, not counted down.
 * @throws DnssecError RRSET_EMPTY, SIGNATURE_MISMATCH (the owner is not in the signer's zone), TYPE_NOT_DATA
 */
export function signRRset(set: RRset, by: { key: ZoneKey; signer: Name }, validity: Validity): RR {
  const { key, signer } = by;
  if (!set.name.isWithin(signer)) {
    throw new DnssecError('SIGNATURE_MISMATCH', 'a zone signs only names within it');
  }
  if (set.type === RRType.RRSIG) throw new DnssecError('TYPE_NOT_DATA', 'signatures are not signed (RFC 4035 §2.2)');
  const { octets, prefixOctets } = signedData(set, {
    typeCovered: set.type,
    algorithm: key.algorithm,
    labels: set.name.labelCount - (hasWildcardLabel(set.name) ? 1 : 0),
    originalTtl: set.ttl,
    expiration: wrapTime(validity.expiration),
    inception: wrapTime(validity.inception),
    keyTag: key.tag,
    signer,
  });
  const signature = signOctets(key.algorithm, key.privateKey, octets);
  const rdata = Buffer.allocUnsafe(prefixOctets + signature.length);
  rdata.set(octets.subarray(0, prefixOctets));
  rdata.set(signature, prefixOctets);
  return { name: set.name, type: RRType.RRSIG, class: set.class, ttl: set.ttl, rdata };
}
