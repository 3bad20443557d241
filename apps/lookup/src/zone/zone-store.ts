import { serialOf, type JournalEntry } from '@callbook/contracts';
import { RRType, type Name, type RR } from '@callbook/dns';
import { BlockAllocator } from './block-allocator.js';
import { denialChain, ownsType } from './denial-chain.js';
import { DigitTreeWriter } from './digit-tree-writer.js';
import { hashEnd, hashStart, NameIndex } from './name-index.js';
import { boundaryFlags, type NodeDraft } from './node-draft.js';
import { flagsOf, ownFlag, setCountOf } from './node-layout.js';
import { recordsIn, setAt, type SignedSet, type ZoneMoment } from './node-records.js';
import { RecordStream } from './record-stream.js';
import { RetiredBlocks } from './retired-blocks.js';
import { ZoneBuilder } from './zone-builder.js';
import { ZoneChange } from './zone-change.js';
import { denialCodes, type EditionPlace, type ZoneEditions } from './zone-editions.js';
import { ZoneError } from './zone-error.js';
import { segmentBits, wordOf, ZoneMemory } from './zone-memory.js';
import { ZoneApex } from './zone-name.js';
import type { MemoryShape } from './zone-reader.js';
import { nodeFlag, type Denial } from './zone-view.js';

/** Who is to see each edition of a zone. */
export interface Audience {
  readonly editions: ZoneEditions;
  /** There is one more segment, in which nothing lies yet. */
  grown(): void;
  publish(place: EditionPlace): void;
}

/** A zone that comes in pieces, cut anywhere. */
export interface ZoneLoading {
  add(octets: Uint8Array): void;
  /** Errors: ZoneError when it was not one zone. */
  finish(): ZoneStore;
}

let stores = 0;

/** A zone in shared memory, as its one writer has it. Readers see an edition of it (served-zone.ts), whole, while the next one is made. */
export class ZoneStore {
  readonly apex: ZoneApex;
  readonly memory = new ZoneMemory();
  readonly index = new NameIndex(this.memory);
  readonly allocator = new BlockAllocator(this.memory, () => this.audience?.grown());
  /** Made anew with each edition: it names nodes. */
  chain: Uint32Array = new Uint32Array(0);
  /** Names that own records; names that own NS below the apex, or DNAME; names that have a wildcard below; names that own NSEC3. */
  private readonly counts = { size: 0, boundaries: 0, wildcards: 0, nsec3: 0 };
  private readonly retired: RetiredBlocks;
  private readonly id = ++stores;
  private chainId = 0;
  private apexNode = 0;
  /** The newest; 0 while nobody sees any. */
  private edition = 0;
  private denial: Denial = 'unsigned';
  private head: RR | undefined;
  private audience: Audience | undefined;
  private left = false;

  private constructor(
    apex: Name,
    readonly seed: number,
  ) {
    this.apex = new ZoneApex(apex);
    this.retired = new RetiredBlocks(this.memory, this.allocator, this.index, seed);
  }

  /**
   * A zone from all of its records, in any order; quickest when those of one name come together. `seed`, 32 bits, keeps those who choose names
   * from choosing where in the index they come to lie. Errors: ZoneError when they are not one zone.
   */
  static of(apex: Name, records: Iterable<RR>, { seed = 0 }: { readonly seed?: number } = {}): ZoneStore {
    const store = new ZoneStore(apex, seed);
    const builder = new ZoneBuilder(store, store.allocator);
    for (const { name, type, class: rrClass, ttl, rdata } of records)
      builder.add(name.wire, 0, name.wire.length, type, rrClass, ttl, rdata, 0, rdata.length);
    return store.built(builder);
  }

  /** As `of`, from the octets of a snapshot as they come. */
  static load(apex: Name, { seed = 0 }: { readonly seed?: number } = {}): ZoneLoading {
    const store = new ZoneStore(apex, seed);
    const builder = new ZoneBuilder(store, store.allocator);
    const records = new RecordStream(builder);
    return {
      add: (octets) => records.add(octets),
      finish: () => {
        records.end();
        return store.built(builder);
      },
    };
  }

  /** The SOA record of the newest edition. */
  get soaRecord(): RR {
    return this.head!;
  }

  get serial(): number {
    return serialOf(this.soaRecord);
  }

  /** Number of names that own records. */
  get size(): number {
    return this.counts.size;
  }

  get boundaries(): number {
    return this.counts.boundaries;
  }

  get soa(): SignedSet {
    return this.set(this.apex.name, RRType.SOA)!;
  }

  /** Octets in use, octets that are held to be used again, and of those in use the ones that only readers of older editions see. */
  get octets(): { readonly live: number; readonly held: number; readonly retired: number } {
    const index = this.index.octets + this.chain.byteLength;
    return {
      live: this.allocator.liveOctets + index,
      held: this.allocator.heldOctets + index,
      retired: this.retired.octets,
    };
  }

  /** Number of pieces of memory in use. */
  get blocks(): number {
    return this.allocator.blocks;
  }

  /** The set at a name in the newest edition. */
  set(name: Name, type: number): SignedSet | undefined {
    return setAt(this.moment, name, type);
  }

  /** Every record of the newest edition, SOA first, those of a name together; to be read before the next change. */
  records(): Generator<RR> {
    return recordsIn(this.moment);
  }

  /** What this moment's edition is made of; whoever keeps it must have the edition pinned. */
  get moment(): ZoneMoment {
    const { memory, index, apex, seed, apexNode, edition } = this;
    return { memory, index, apex, seed, apexNode, edition };
  }

  get shape(): MemoryShape {
    const { id: store, memory, index, chain, chainId } = this;
    return { store, memory, index: { id: index.id, slots: index.slots }, chain: { id: chainId, refs: chain } };
  }

  /** From now on each edition is published, this one at once. */
  publishTo(audience: Audience): void {
    this.audience = audience;
    this.publish();
  }

  /** No more of it will be published. Readers and transfers may still have what is there, which therefore stays until all of it goes. */
  leave(): void {
    this.left = true;
  }

  /** Moves the zone to the serial of the entry, or leaves it as it was. Errors: ZoneError when the entry does not fit. */
  apply(entry: JournalEntry): void {
    if (this.left) throw new TypeError('a zone that another took the place of does not change');
    if (serialOf(entry.from) !== this.serial) throw new ZoneError('the entry begins at another serial');
    // Before anything is looked up: slots of the index become free.
    this.reclaim();
    const change = new ZoneChange(this);
    for (const record of [entry.from, ...entry.removed]) change.remove(record);
    for (const record of [entry.to, ...entry.added]) change.add(record);
    const soaSet = change.apexDraft.sets.find(({ type }) => type === RRType.SOA);
    if (soaSet?.plain.count !== 1 || !entry.to.name.equals(this.apex.name))
      throw new ZoneError('the entry does not leave one SOA record');
    change.settle();
    this.commit(change);
    this.head = entry.to;
  }

  /** Gives back what nobody can see any more; goes on by itself with each change. */
  reclaim(): void {
    if (!this.left) this.retired.reclaim(this.audience?.editions);
  }

  private built(builder: ZoneBuilder): ZoneStore {
    Object.assign(this.counts, builder.finish());
    const hash = hashEnd(hashStart(this.seed));
    const slot = this.index.find(hash, this.apex.wire, 0, 0);
    this.apexNode = slot < 0 ? 0 : this.index.at(slot);
    const soas = this.apexNode === 0 ? undefined : this.set(this.apex.name, RRType.SOA);
    if (soas?.set.rdatas.length !== 1) throw new ZoneError('not one SOA record at the apex');
    this.head = { ...soas.set, rdata: soas.set.rdatas[0]! };
    this.findDenial();
    return this;
  }

  /** All that can fail comes first; then blocks take each other's place, which no reader sees before the edition is published. */
  private commit(change: ZoneChange): void {
    const edition = this.audience ? this.edition + 1 : 0;
    const fresh: number[] = [];
    const dropped: number[] = [];
    const rendered: { readonly draft: NodeDraft; readonly ref: number }[] = [];
    try {
      const trees = new DigitTreeWriter(
        this.memory,
        this.allocator,
        (block) => fresh.push(block),
        (block) => dropped.push(block),
      );
      let names = 0;
      for (const draft of change.drafts) {
        for (const { hi, lo, here } of draft.numberChanges)
          draft.digitRoot = here ? trees.insert(draft.digitRoot, hi, lo) : trees.remove(draft.digitRoot, hi, lo);
        const flags = draft.exists ? draft.flags : ownFlag.removed;
        if (!draft.changed && this.flagsBefore(draft) === flags) continue;
        if (flags === ownFlag.removed && this.flagsBefore(draft) === ownFlag.removed) continue;
        const ref = draft.render(this.memory, this.allocator, edition);
        fresh.push(ref);
        rendered.push({ draft, ref });
        if (draft.slot < 0) names += 1;
      }
      // Slots may lie elsewhere afterwards.
      if (this.index.reserve(names)) for (const { draft } of rendered) this.findAgain(draft);
    } catch (error) {
      for (const block of fresh) this.allocator.release(block);
      throw error;
    }
    for (const draft of change.drafts) this.countChildren(draft);
    for (const { draft, ref } of rendered) this.put(draft, ref, edition);
    for (const ref of dropped) this.retired.add({ ref, from: edition, until: edition, isNode: false });
    this.findDenial();
    this.publish();
    this.reclaim();
  }

  private put(draft: NodeDraft, ref: number, edition: number): void {
    this.count(this.flagsBefore(draft), draft.before, -1);
    this.count(flagsOf(this.memory, ref), ref, 1);
    if (draft.slot < 0) this.index.insert(draft.hash, ref);
    else {
      this.index.replace(draft.slot, ref);
      const from = this.memory.words[draft.before >>> segmentBits][wordOf(draft.before) + 1];
      this.retired.add({ ref: draft.before, from, until: edition, isNode: true });
    }
    if (draft.ownerLength === 0) this.apexNode = ref;
  }

  /** Only the writer reads the number of children, so that it changes where it lies. */
  private countChildren({ before, children }: NodeDraft): void {
    if (before === 0) return;
    const words = this.memory.words[before >>> segmentBits];
    const at = wordOf(before) + 4;
    words[at] = (words[at] & 0xff) | (children << 8);
  }

  private publish(): void {
    this.audience?.publish(this.place());
    this.edition = this.audience?.editions.newest ?? 0;
  }

  private count(flags: number, ref: number, change: 1 | -1): void {
    if (ref === 0 || (flags & ownFlag.removed) !== 0) return;
    const { counts, memory } = this;
    if (setCountOf(memory, ref) > 0) counts.size += change;
    if ((flags & boundaryFlags) !== 0) counts.boundaries += change;
    if ((flags & nodeFlag.wildcardBelow) !== 0) counts.wildcards += change;
    if (ownsType(memory, ref, RRType.NSEC3)) counts.nsec3 += change;
  }

  private flagsBefore({ before }: NodeDraft): number {
    return before === 0 ? ownFlag.removed : flagsOf(this.memory, before);
  }

  private findAgain(draft: NodeDraft): void {
    draft.slot = this.index.find(draft.hash, draft.owner, 0, draft.ownerLength);
  }

  private findDenial(): void {
    const { memory, apexNode } = this;
    const chained = ownsType(memory, apexNode, RRType.NSEC3PARAM) && this.counts.nsec3 > 0;
    if (chained) this.denial = 'nsec3';
    else if (ownsType(memory, apexNode, RRType.NSEC)) this.denial = 'nsec';
    else this.denial = this.soa.signatures.length > 0 ? 'compact' : 'unsigned';
    if (this.denial !== 'nsec' && this.denial !== 'nsec3') {
      this.chainId = 0;
      return;
    }
    this.chain = denialChain(memory, this.index, this.denial);
    this.chainId = ++stores;
  }

  /** Where the newest edition is to be found. */
  place(): EditionPlace {
    return {
      store: this.id,
      seed: this.seed,
      apexNode: this.apexNode,
      segments: this.memory.words.length,
      index: this.index.id,
      chain: this.chainId,
      denial: denialCodes.indexOf(this.denial),
      hasCuts: this.counts.boundaries > 0 ? 1 : 0,
      hasWildcards: this.counts.wildcards > 0 ? 1 : 0,
    };
  }
}
