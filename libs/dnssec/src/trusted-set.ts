import { RRType, type Name, type RR, type RRset } from '@callbook/dns';
import type { ClaimedSet } from './answer.js';
import type { Budget } from './budget.js';
import { DnssecError } from './errors.js';
import { keyTag } from './key-tag.js';
import { isWeak } from './public-key.js';
import { compareTimes, wrapTime } from './serial-time.js';
import { checkFields, readSignature, verifyWithKey, whyUnusable } from './verify-rrset.js';
import { isExpanded } from './wildcard.js';

/** A zone whose keys are proven. */
export interface TrustedZone {
  readonly zone: Name;
  /** DNSKEY rdatas that may be used. */
  readonly keys: readonly Uint8Array[];
}

/** An RRset that a trusted zone published. */
export interface TrustedSet {
  /** Its TTL is no longer than the signature allows (RFC 4035 §5.3.3). */
  readonly set: RRset;
  readonly signature: RR;
  /** The labels field, when the name was made from a wildcard: that no closer name exists is still to be proven. */
  readonly expandedFrom?: number;
}

/** Signatures tried for one RRset; keys tried for one signature: tags collide by accident once, rarely twice (KeyTrap). */
const mostSignatures = 8;
const mostCollidingKeys = 2;

/**
 * One valid signature by one key of the zone is enough (RFC 6840 §5.11).
 * @throws DnssecError the cause of the last signature that failed; SIGNATURE_MISSING, KEY_NOT_FOUND, VALIDATION_LIMIT
 */
export function verifySet(claimed: ClaimedSet, { zone, keys }: TrustedZone, now: number, budget: Budget): TrustedSet {
  const { set, signatures } = claimed;
  let failure = new DnssecError('SIGNATURE_MISSING', 'no signature by the zone');
  for (const signature of signatures.slice(0, mostSignatures)) {
    try {
      const fields = readSignature(signature);
      checkFields(set, signature, fields, zone, now);
      const candidates = keys.filter((key) => key[3] === fields.algorithm && keyTag(key) === fields.keyTag);
      if (candidates.length === 0) throw new DnssecError('KEY_NOT_FOUND', 'signature is by a key that is not trusted');
      verifyWithAny(candidates.slice(0, mostCollidingKeys), (key) => {
        budget.spendSignature();
        verifyWithKey(set, fields, key);
      });
      const ttl = Math.min(set.ttl, signature.ttl, fields.originalTtl, compareTimes(fields.expiration, wrapTime(now)));
      return {
        set: { ...set, ttl },
        signature,
        ...(isExpanded(set.name, fields.labels) ? { expandedFrom: fields.labels } : {}),
      };
    } catch (error) {
      if (!(error instanceof DnssecError) || error.code === 'VALIDATION_LIMIT') throw error;
      failure = error;
    }
  }
  throw failure;
}

/** The keys of a DNSKEY RRset that may check signatures. */
export function usableKeys(set: RRset): Uint8Array[] {
  return set.rdatas.filter((rdata) => whyUnusable(rdata) === undefined && !isWeak(rdata));
}

/** Which zone says it signed the set: the signer named by its first signature that could be right. */
export function claimedSigner({ set, signatures }: ClaimedSet): Name | undefined {
  for (const signature of signatures.slice(0, mostSignatures)) {
    try {
      const { signer } = readSignature(signature);
      // The DS of a zone belongs to its parent (RFC 4035 §2.4).
      const aboveCut = set.type !== RRType.DS || !signer.equals(set.name);
      if (set.name.isWithin(signer) && aboveCut) return signer;
    } catch (error) {
      if (!(error instanceof DnssecError)) throw error;
    }
  }
  return undefined;
}

function verifyWithAny(keys: readonly Uint8Array[], check: (key: Uint8Array) => void): void {
  for (const [index, key] of keys.entries()) {
    try {
      return check(key);
    } catch (error) {
      const last = index === keys.length - 1;
      if (last || !(error instanceof DnssecError) || error.code === 'VALIDATION_LIMIT') throw error;
    }
  }
}
