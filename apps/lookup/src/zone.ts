import { serialOf, type JournalEntry } from '@callbook/contracts';
import { equalOctets, Name, rrsig, RRType, type RR, type RRset } from '@callbook/dns';

/** An RRset with the signatures that cover it. */
export interface SignedSet {
  readonly set: RRset;
  readonly signatures: readonly RR[];
}

/** A name that owns records. */
export interface ZoneNode {
  readonly name: Name;
  readonly sets: ReadonlyMap<number, SignedSet>;
}

/** What the zone holds at a name. `nothing` is an empty non-terminal: no records, but names below (RFC 8499 "empty non-terminal"). */
export type Found =
  | { readonly kind: 'node'; readonly node: ZoneNode }
  | { readonly kind: 'empty' }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'outside' };

export class ZoneError extends Error {
  override readonly name = 'ZoneError';
}

/**
 * A signed zone in memory. A question sees one version of it: a change is worked out beside the nodes it touches, and only when all of
 * it is known to fit are they replaced, in one turn of the event loop.
 */
export class Zone {
  private readonly nodes = new Map<string, ZoneNode>();
  /** How many names that own records lie below each empty or full non-terminal. */
  private readonly below = new Map<string, number>();

  private constructor(
    readonly apex: Name,
    private head: RR,
  ) {}

  /** A zone from all of its records. Errors: ZoneError when they are not one zone. */
  static of(apex: Name, records: readonly RR[]): Zone {
    const soa = records.find(({ type, name }) => type === RRType.SOA && name.equals(apex));
    if (!soa) throw new ZoneError('no SOA record at the apex');
    const zone = new Zone(apex, soa);
    zone.commit(zone.changed([], records));
    return zone;
  }

  get serial(): number {
    return serialOf(this.head);
  }

  /** Number of names that own records. */
  get size(): number {
    return this.nodes.size;
  }

  get soa(): SignedSet {
    return this.nodes.get(this.apex.key)!.sets.get(RRType.SOA)!;
  }

  find(name: Name): Found {
    const node = this.nodes.get(name.key);
    if (node) return { kind: 'node', node };
    if (!name.isWithin(this.apex)) return { kind: 'outside' };
    return { kind: this.below.has(name.key) ? 'empty' : 'nothing' };
  }

  /** Every record, SOA first and in no other order: the zone as a transfer or a snapshot gives it. */
  *records(): Generator<RR> {
    const { set, signatures } = this.soa;
    for (const rdata of set.rdatas) yield { name: set.name, type: set.type, class: set.class, ttl: set.ttl, rdata };
    yield* signatures;
    for (const node of this.nodes.values()) {
      for (const signed of node.sets.values()) if (signed.set !== set) yield* recordsOf(signed);
    }
  }

  /** Moves the zone to the serial of the entry, or leaves it as it was. Errors: ZoneError when the entry does not fit. */
  apply(entry: JournalEntry): void {
    if (serialOf(entry.from) !== this.serial) throw new ZoneError('the entry begins at another serial');
    const changed = this.changed([entry.from, ...entry.removed], [entry.to, ...entry.added]);
    this.commit(changed);
    this.head = entry.to;
  }

  /** The nodes that a change leaves, by key; an empty one is to be deleted. */
  private changed(removed: readonly RR[], added: readonly RR[]): Map<string, ZoneNode> {
    const drafts = new Map<string, NodeDraft>();
    const draftOf = (name: Name) => {
      if (!name.isWithin(this.apex)) throw new ZoneError('a record outside the zone');
      let draft = drafts.get(name.key);
      if (!draft) drafts.set(name.key, (draft = new NodeDraft(name, this.nodes.get(name.key))));
      return draft;
    };
    for (const record of removed) draftOf(record.name).remove(record);
    for (const record of added) draftOf(record.name).add(record);
    return new Map([...drafts].map(([key, draft]) => [key, draft.node()]));
  }

  private commit(changed: ReadonlyMap<string, ZoneNode>): void {
    for (const [key, node] of changed) {
      const existed = this.nodes.has(key);
      if (node.sets.size > 0) this.nodes.set(key, node);
      else this.nodes.delete(key);
      if (existed !== node.sets.size > 0) this.countBelow(node.name, existed ? -1 : 1);
    }
  }

  private countBelow(name: Name, change: 1 | -1): void {
    for (let each = name; !each.equals(this.apex);) {
      each = each.parent();
      const count = (this.below.get(each.key) ?? 0) + change;
      if (count > 0) this.below.set(each.key, count);
      else this.below.delete(each.key);
    }
  }
}

export function* recordsOf({ set, signatures }: SignedSet): Generator<RR> {
  for (const rdata of set.rdatas) yield { name: set.name, type: set.type, class: set.class, ttl: set.ttl, rdata };
  yield* signatures;
}

/** A node while a change is worked out. Sets that the change does not touch stay the same objects. */
class NodeDraft {
  private readonly sets = new Map<number, SignedSet>();

  constructor(
    private readonly name: Name,
    before: ZoneNode | undefined,
  ) {
    for (const [type, signed] of before?.sets ?? []) this.sets.set(type, signed);
  }

  add(record: RR): void {
    const type = typeOf(record);
    const { set, signatures } = this.sets.get(type) ?? emptySet(this.name, type);
    const signing = record.type === RRType.RRSIG;
    const fellows = signing ? signatures.map(({ rdata }) => rdata) : set.rdatas;
    if (fellows.some((rdata) => equalOctets(rdata, record.rdata)))
      throw new ZoneError('a record that is there already is added');
    this.sets.set(
      type,
      signing
        ? { set, signatures: [...signatures, record] }
        : { set: { ...set, class: record.class, ttl: record.ttl, rdatas: [...set.rdatas, record.rdata] }, signatures },
    );
  }

  remove(record: RR): void {
    const type = typeOf(record);
    const before = this.sets.get(type) ?? emptySet(this.name, type);
    const others = (rdata: Uint8Array) => !equalOctets(rdata, record.rdata);
    const signing = record.type === RRType.RRSIG;
    const after: SignedSet = signing
      ? { ...before, signatures: before.signatures.filter(({ rdata }) => others(rdata)) }
      : { ...before, set: { ...before.set, rdatas: before.set.rdatas.filter(others) } };
    if (after.set.rdatas.length + after.signatures.length === before.set.rdatas.length + before.signatures.length)
      throw new ZoneError('a record that is not there is removed');
    if (after.set.rdatas.length + after.signatures.length > 0) this.sets.set(type, after);
    else this.sets.delete(type);
  }

  /** Errors: ZoneError when signatures would cover nothing. */
  node(): ZoneNode {
    for (const { set } of this.sets.values())
      if (set.rdatas.length === 0) throw new ZoneError('a signature covers nothing');
    return { name: this.name, sets: this.sets };
  }
}

const emptySet = (name: Name, type: number): SignedSet => ({
  set: { name, type, class: 1, ttl: 0, rdatas: [] },
  signatures: [],
});

/** A signature lies with the set that it covers. */
const typeOf = ({ type, rdata }: RR) => (type === RRType.RRSIG ? rrsig.read(rdata).typeCovered : type);
