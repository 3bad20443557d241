import { RRType } from '@callbook/dns';
import type { ClaimedSet } from './answer.js';
import type { Budget } from './budget.js';
import type { DenialProofs } from './denial.js';
import { DnssecError } from './errors.js';
import { nsec3Proofs } from './nsec3-proofs.js';
import { nsecProofs } from './nsec-proofs.js';
import { verifySet, type TrustedZone } from './trusted-set.js';

export interface CheckedProofs {
  readonly proofs: readonly DenialProofs[];
  /** Signatures of the records that the proofs rest on. */
  readonly signatures: readonly ReturnType<typeof verifySet>['signature'][];
  /** Why the last record that was left out did not count. */
  readonly failure: DnssecError | undefined;
}

/** The NSEC and NSEC3 records among `sets` that `zone` signed. A record that fails proves nothing and is left out. */
export function proofsOf(sets: readonly ClaimedSet[], zone: TrustedZone, now: number, budget: Budget): CheckedProofs {
  let failure: DnssecError | undefined;
  const checked = sets
    .filter(({ set }) => set.type === RRType.NSEC || set.type === RRType.NSEC3)
    .flatMap((claimed) => {
      try {
        const trusted = verifySet(claimed, zone, now, budget);
        // One made from a wildcard would move a true denial to a name of the attacker's choice (CVE-2017-15105).
        return trusted.expandedFrom === undefined ? [trusted] : [];
      } catch (error) {
        if (!(error instanceof DnssecError) || error.code === 'VALIDATION_LIMIT') throw error;
        failure = error;
        return [];
      }
    });
  const setsOf = (type: number) => checked.map(({ set }) => set).filter((set) => set.type === type);
  return {
    proofs: [nsecProofs(zone.zone, setsOf(RRType.NSEC)), nsec3Proofs(zone.zone, setsOf(RRType.NSEC3), budget)],
    signatures: checked.map(({ signature }) => signature),
    failure,
  };
}
