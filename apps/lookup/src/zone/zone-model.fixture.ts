import { Name, RRType, textOf, type RR } from '@callbook/dns';
import { emptySet, nodeFlag, type StoredSet, type ZoneView } from './zone-view.js';

/** A zone as plain records, and what follows from them worked out the slow way: what the store is held against. */
export class ZoneModel {
  readonly byKey: ReadonlyMap<string, RR>;

  constructor(
    readonly apex: Name,
    records: Iterable<RR>,
  ) {
    this.byKey = new Map([...records].map((record) => [textOf(record), record]));
  }

  with(removed: readonly RR[], added: readonly RR[]): ZoneModel {
    const gone = new Set(removed.map(textOf));
    return new ZoneModel(this.apex, [...[...this.byKey.values()].filter((each) => !gone.has(textOf(each))), ...added]);
  }

  get text(): string[] {
    return [...this.byKey.keys()].sort();
  }

  at(name: Name): RR[] {
    return [...this.byKey.values()].filter((record) => record.name.equals(name));
  }

  hasBelow(name: Name): boolean {
    return [...this.byKey.values()].some((record) => record.name.isWithin(name) && !record.name.equals(name));
  }

  /** What a view says of a name, put together from the records. */
  describe(name: Name): string {
    const records = this.at(name);
    const below = this.hasBelow(name);
    if (!name.isWithin(this.apex) || (records.length === 0 && !below)) return 'nothing';
    // The store says flags of empty non-terminals only where it has a node for them.
    if (records.length === 0) return `empty ${this.hasWildcard(name) ? 'wildcard below' : ''}`;
    return [...records.map(textOf).sort(), `flags ${this.flags(name, records)}`].join('\n');
  }

  private flags(name: Name, records: readonly RR[]): number {
    const has = (type: number) => records.some((record) => record.type === type);
    return (
      (has(RRType.NS) && !name.equals(this.apex) ? nodeFlag.cut : 0) |
      (has(RRType.CNAME) ? nodeFlag.cname : 0) |
      (has(RRType.DNAME) ? nodeFlag.dname : 0) |
      (this.isOccluded(name) ? nodeFlag.occluded : 0) |
      (this.hasWildcard(name) ? nodeFlag.wildcardBelow : 0)
    );
  }

  private hasWildcard(name: Name): boolean {
    const wildcard = name.prepend('*');
    return this.at(wildcard).length > 0 || this.hasBelow(wildcard);
  }

  private isOccluded(name: Name): boolean {
    for (let above = name; !above.equals(this.apex);) {
      above = above.parent();
      const types = this.at(above).map(({ type }) => type);
      if (types.includes(RRType.DNAME) || (types.includes(RRType.NS) && !above.equals(this.apex))) return true;
    }
    return false;
  }
}

const set = emptySet();

/** What a view that has an edition says of a name, in the words of the model. */
export function describeIn(view: ZoneView, name: Name): string {
  const { wire } = name.lower();
  const node = view.node(wire, 0, wire.length);
  const empty = view.isEmptyNonTerminal(wire, 0, wire.length);
  if (node === 0) return empty ? 'empty ' : 'nothing';
  const flags = view.flags(node);
  if (empty) return `empty ${(flags & nodeFlag.wildcardBelow) !== 0 ? 'wildcard below' : ''}`;
  const owner = new Uint8Array(255);
  const end = view.ownerInto(node, owner, 0);
  const { name: read } = Name.read(owner.subarray(0, end));
  const records: string[] = [];
  for (let index = 0; index < view.setCount(node); index += 1) {
    view.setByIndex(node, index, set);
    records.push(...recordsOf(read, set));
    const { type, start, end: setEnd } = set;
    if (!view.set(node, type, set) || set.start !== start || set.end !== setEnd)
      throw new Error('a set is found elsewhere by its type than by its place');
  }
  return [...records.sort(), `flags ${flags}`].join('\n');
}

function recordsOf(
  name: Name,
  { octets, start, plainEnd, end, count, signatureCount, type, ttl }: StoredSet,
): string[] {
  const records: string[] = [];
  let plain = 0;
  for (let at = start; at < end;) {
    const next = at + 12 + ((octets[at + 10]! << 8) | octets[at + 11]!);
    const record: RR = {
      name,
      type: (octets[at + 2]! << 8) | octets[at + 3]!,
      class: (octets[at + 4]! << 8) | octets[at + 5]!,
      ttl: new DataView(octets.buffer, octets.byteOffset).getUint32(at + 6),
      rdata: Uint8Array.from(octets.subarray(at + 12, next)),
    };
    if (at < plainEnd) {
      plain += 1;
      if (record.type !== type || record.ttl !== ttl) throw new Error('a record that is not of its set');
    } else if (record.type !== RRType.RRSIG) throw new Error('no signature');
    records.push(textOf(record));
    at = next;
  }
  if (plain !== count || records.length !== count + signatureCount) throw new Error('counted wrongly');
  return records;
}
