import { ds, RRType, type Name, type RRset } from '@callbook/dns';
import { isAlgorithm } from './algorithm.js';
import { findSet, type Answer } from './answer.js';
import type { Budget } from './budget.js';
import { digestOf, isDigestType } from './ds.js';
import { Proofs } from './proofs.js';
import { DnssecError } from './errors.js';
import { keyTag } from './key-tag.js';
import { usableKeys, verifySet, type TrustedZone } from './trusted-set.js';

/** What a zone proves about one name below its apex. */
export type Step =
  | { readonly kind: 'same-zone' }
  | { readonly kind: 'nothing-below' }
  | { readonly kind: 'insecure' }
  | { readonly kind: 'delegation'; readonly ds: readonly Uint8Array[] };

/**
 * Reads the reply to the DS question for `name` with the keys of the zone above it (RFC 4035 §5.2).
 * @throws DnssecError when the zone proves nothing of the kind
 */
export function readDelegation(name: Name, answer: Answer, above: TrustedZone, now: number, budget: Budget): Step {
  const claimed = findSet(answer.answers, name, RRType.DS);
  if (claimed) {
    const { set, expandedFrom } = verifySet(claimed, above, now, budget);
    if (expandedFrom !== undefined) throw new DnssecError('DENIAL_INSUFFICIENT', 'a wildcard makes no delegation');
    const usable = usableDs(set);
    return usable.length > 0 ? { kind: 'delegation', ds: usable } : { kind: 'insecure' };
  }
  const alias = findSet(answer.answers, name, RRType.CNAME);
  if (alias) {
    verifySet(alias, above, now, budget);
    return { kind: 'same-zone' };
  }
  const proofs = new Proofs(answer.authorities, above, now, budget);
  const denial = proofs.deny(name, RRType.DS);
  switch (denial?.kind) {
    case 'unprovable':
      return { kind: 'insecure' };
    case 'nxdomain':
      return { kind: 'nothing-below' };
    case 'nodata':
      return { kind: denial.delegation ? 'insecure' : 'same-zone' };
    case undefined:
      throw proofs.failure ?? new DnssecError('DENIAL_INSUFFICIENT', 'neither a DS nor proof that there is none');
  }
}

/**
 * Those we can follow; SHA-1 only where nothing better stands beside it (RFC 4509 §3). None: the zone counts as unsigned
 * (RFC 4035 §5.2).
 */
export function usableDs({ rdatas }: Pick<RRset, 'rdatas'>): Uint8Array[] {
  const usable = rdatas.filter((rdata) => {
    const { algorithm, digestType } = ds.read(rdata);
    return isAlgorithm(algorithm) && isDigestType(digestType);
  });
  const stronger = usable.filter((rdata) => rdata[3] !== 1);
  return stronger.length > 0 ? stronger : usable;
}

/** What vouches for a zone's keys: a DS, or the key itself. */
export interface Voucher {
  readonly ds?: Uint8Array;
  readonly dnskey?: Uint8Array;
}

/**
 * Reads the reply to the DNSKEY question for `zone`: a key that a voucher names must have signed the set, and then all of
 * its usable keys are the zone's (RFC 4035 §5.2).
 * @throws DnssecError KEY_NOT_FOUND, SIGNATURE_*, VALIDATION_LIMIT
 */
export function readZoneKeys(
  zone: Name,
  answer: Answer,
  vouchers: readonly Voucher[],
  now: number,
  budget: Budget,
): TrustedZone {
  const claimed = findSet(answer.answers, zone, RRType.DNSKEY);
  if (!claimed) throw new DnssecError('KEY_NOT_FOUND', 'zone shows no keys');
  const keys = usableKeys(claimed.set);
  const entryPoints = keys.filter((key) => vouchers.some((voucher) => vouchesFor(voucher, zone, key, budget)));
  if (entryPoints.length === 0) throw new DnssecError('KEY_NOT_FOUND', 'no key of the zone is vouched for');
  verifySet(claimed, { zone, keys: entryPoints }, now, budget);
  return { zone, keys };
}

function vouchesFor(voucher: Voucher, zone: Name, key: Uint8Array, budget: Budget): boolean {
  if (voucher.dnskey) return Buffer.compare(voucher.dnskey, key) === 0;
  if (!voucher.ds) return false;
  const { keyTag: tag, algorithm, digestType, digest } = ds.read(voucher.ds);
  if (algorithm !== key[3] || tag !== keyTag(key)) return false;
  budget.spendHashes(1);
  return Buffer.compare(digestOf(zone, key, digestType), digest) === 0;
}
