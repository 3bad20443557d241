import { RRType, type Name, type Question } from '@callbook/dns';
import type { Answer } from './answer.js';
import type { Budget } from './budget.js';
import { readDelegation, readZoneKeys, usableDs, type Step, type Voucher } from './delegation.js';
import { DnssecError } from './errors.js';
import { ancestorOf } from './denial.js';
import type { TrustedZone } from './trusted-set.js';

/** The public key of a zone, or its digest, known by other means than DNS. Several may name one zone. */
export interface TrustAnchor {
  readonly zone: Name;
  /** DS rdata. */
  readonly ds?: Uint8Array;
  /** DNSKEY rdata. */
  readonly dnskey?: Uint8Array;
}

export interface ChainDeps {
  readonly ask: (question: Question) => Promise<Answer>;
  readonly anchors: readonly TrustAnchor[];
  readonly now: number;
  readonly budget: Budget;
}

/** From the nearest trust anchor down, one label at a time; remembers what it has proven. Lives for one validation. */
export class ChainOfTrust {
  readonly #deps: ChainDeps;
  readonly #zones = new Map<string, Promise<TrustedZone>>();
  readonly #steps = new Map<string, Promise<Step>>();

  constructor(deps: ChainDeps) {
    this.#deps = deps;
  }

  /**
   * The deepest proven zone at or above `name`, or that `name` lies in unsigned space: below a delegation proven to have
   * no usable DS, or under no trust anchor at all.
   * @throws DnssecError when neither can be proven
   */
  async zoneAt(name: Name): Promise<TrustedZone | 'insecure'> {
    const anchor = this.#deps.anchors
      .map(({ zone }) => zone)
      .reduce<Name | undefined>(
        (deepest, zone) =>
          name.isWithin(zone) && (deepest === undefined || zone.labelCount > deepest.labelCount) ? zone : deepest,
        undefined,
      );
    if (anchor === undefined) return 'insecure';
    let current = await this.#keysOf(anchor, () => this.#anchorVouchers(anchor));
    for (let labels = anchor.labelCount + 1; labels <= name.labelCount; labels += 1) {
      const child = ancestorOf(name, labels);
      const step = await this.#stepTo(child, current);
      switch (step.kind) {
        case 'insecure':
          return 'insecure';
        case 'nothing-below':
          return current;
        case 'delegation':
          current = await this.#keysOf(child, () => step.ds.map((rdata) => ({ ds: rdata })));
          break;
        case 'same-zone':
          break;
      }
    }
    return current;
  }

  #stepTo(name: Name, above: TrustedZone): Promise<Step> {
    const { ask, now, budget } = this.#deps;
    return remembered(this.#steps, name.key, async () =>
      readDelegation(name, await ask({ name, type: RRType.DS, class: 1 }), above, now, budget),
    );
  }

  #keysOf(zone: Name, vouchers: () => readonly Voucher[]): Promise<TrustedZone> {
    const { ask, now, budget } = this.#deps;
    return remembered(this.#zones, zone.key, async () => {
      const found = vouchers();
      return readZoneKeys(zone, await ask({ name: zone, type: RRType.DNSKEY, class: 1 }), found, now, budget);
    });
  }

  /** Unlike a DS in the tree, an anchor we cannot follow is a mistake of whoever set it, and must not turn security off. */
  #anchorVouchers(zone: Name): readonly Voucher[] {
    const anchors = this.#deps.anchors.filter((anchor) => anchor.zone.equals(zone));
    const digests = usableDs({ rdatas: anchors.flatMap((anchor) => anchor.ds ?? []) });
    const vouchers = [
      ...digests.map((rdata) => ({ ds: rdata })),
      ...anchors.flatMap(({ dnskey }) => (dnskey ? [{ dnskey }] : [])),
    ];
    if (vouchers.length === 0)
      throw new DnssecError('TRUST_ANCHOR_UNUSABLE', 'no trust anchor of the zone can be used');
    return vouchers;
  }
}

function remembered<T>(known: Map<string, Promise<T>>, key: string, find: () => Promise<T>): Promise<T> {
  const found = known.get(key) ?? find();
  known.set(key, found);
  return found;
}
