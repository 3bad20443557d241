import { ns, RRType, type Name, type RR } from '@callbook/dns';
import { zoneSets, type ZoneSettings } from '../zone/zone-content.js';

/** The names of a file of records, as the tree that they make with what the zone has of itself (RFC 1034 §4.2). */
export class Names {
  private readonly typesOfFile = new Map<string, Set<number>>();
  private readonly typesOfZone = new Map<string, Set<number>>();
  private readonly delegatedTo = new Set<string>();

  constructor(
    private readonly settings: ZoneSettings,
    rrs: readonly RR[],
  ) {
    for (const { name, type, rdata } of rrs) {
      add(this.typesOfFile, name, type);
      if (type === RRType.NS) this.delegatedTo.add(ns.read(rdata).target.key);
    }
    for (const { set } of zoneSets(settings, [])) add(this.typesOfZone, set.name, set.type);
    for (const type of [RRType.SOA, RRType.DNSKEY]) add(this.typesOfZone, settings.zone, type);
  }

  /** Types that the file has at the name, and those that the zone has there of itself. */
  inFile(name: Name): ReadonlySet<number> {
    return this.typesOfFile.get(name.key) ?? none;
  }

  inZone(name: Name): ReadonlySet<number> {
    return this.typesOfZone.get(name.key) ?? none;
  }

  has(name: Name, type: number): boolean {
    return this.inFile(name).has(type) || this.inZone(name).has(type);
  }

  isCut(name: Name): boolean {
    return this.inFile(name).has(RRType.NS) && !name.equals(this.settings.zone);
  }

  isTargetOfDelegation(name: Name): boolean {
    return this.delegatedTo.has(name.key);
  }

  cutAbove(name: Name): Name | undefined {
    return this.above(name).find((each) => this.isCut(each));
  }

  dnameAbove(name: Name): Name | undefined {
    return this.above(name).find((each) => this.inFile(each).has(RRType.DNAME));
  }

  /** RFC 4035 §2.2: a zone signs neither NS at a cut nor glue, and at a cut DS only. */
  isUnsigned(name: Name, type: number): boolean {
    return (this.isCut(name) && type !== RRType.DS) || this.cutAbove(name) !== undefined;
  }

  /** Names above it, from the apex's children down to its parent. */
  private above(name: Name): Name[] {
    const { zone } = this.settings;
    const path: Name[] = [];
    if (!name.isWithin(zone) || name.equals(zone)) return path;
    for (let each = name.parent(); !each.equals(zone); each = each.parent()) path.unshift(each);
    return path;
  }
}

const none: ReadonlySet<number> = new Set();

function add(to: Map<string, Set<number>>, name: Name, type: number): void {
  const types = to.get(name.key) ?? new Set();
  to.set(name.key, types.add(type));
}
