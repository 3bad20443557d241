import { RRType, type Name, type RR } from '@callbook/dns';
import type { ClaimedSet } from './answer.js';
import type { Budget } from './budget.js';
import type { Denial } from './denial.js';
import { DnssecError } from './errors.js';
import { nsec3Proofs } from './nsec3-proofs.js';
import { nsecProofs } from './nsec-proofs.js';
import { verifySet, type TrustedZone } from './trusted-set.js';

/**
 * What the NSEC and NSEC3 records of one answer prove in the name of one zone. A record is checked when it is first
 * needed: a reply may carry any number of others. One that fails proves nothing.
 */
export class Proofs {
  /** Signatures of the records that were needed. */
  readonly signatures: RR[] = [];
  /** Why the last record that failed did not count. */
  failure: DnssecError | undefined;

  readonly #held = new Map<ClaimedSet, boolean>();
  readonly #kinds;

  constructor(
    sets: readonly ClaimedSet[],
    private readonly zone: TrustedZone,
    private readonly now: number,
    private readonly budget: Budget,
  ) {
    const ofType = (type: number): ClaimedSet[] => sets.filter(({ set }) => set.type === type);
    const holds = (claimed: ClaimedSet): boolean => this.#holds(claimed);
    this.#kinds = [
      nsecProofs(zone.zone, ofType(RRType.NSEC), holds),
      nsec3Proofs(zone.zone, ofType(RRType.NSEC3), holds, budget),
    ];
  }

  /** undefined: not proven. */
  deny(name: Name, type: number): Denial | undefined {
    return firstOf(this.#kinds, (kind) => kind.deny(name, type));
  }

  /** Whether nothing closer to `name` exists than the wildcard that answered for it, whose RRSIG has `labels` labels. */
  denyCloser(name: Name, labels: number): 'denied' | 'unprovable' | undefined {
    return firstOf(this.#kinds, (kind) => kind.denyCloser(name, labels));
  }

  #holds(claimed: ClaimedSet): boolean {
    const known = this.#held.get(claimed);
    if (known !== undefined) return known;
    let held = false;
    try {
      const { expandedFrom, signature } = verifySet(claimed, this.zone, this.now, this.budget);
      // One made from a wildcard would move a true denial to a name of the attacker's choice (CVE-2017-15105).
      held = expandedFrom === undefined;
      if (held) this.signatures.push(signature);
    } catch (error) {
      if (!(error instanceof DnssecError) || error.code === 'VALIDATION_LIMIT') throw error;
      this.failure = error;
    }
    this.#held.set(claimed, held);
    return held;
  }
}

function firstOf<T, R>(items: readonly T[], find: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
