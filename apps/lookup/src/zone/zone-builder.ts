import type { BlockAllocator } from './block-allocator.js';
import { DigitPath } from './digit-path.js';
import { DigitTreeWriter } from './digit-tree-writer.js';
import { hashEnd, hashOn, hashStart, type NameIndex } from './name-index.js';
import { boundaryFlags, NodeDraft } from './node-draft.js';
import { childrenOf, flagsOf, maximumChildren, ownerLengthOf, ownerStart, ownFlag } from './node-layout.js';
import { NumberList } from './number-list.js';
import { ZoneError } from './zone-error.js';
import { segmentBits, wordOf, type ZoneMemory } from './zone-memory.js';
import { lowered, type ZoneApex } from './zone-name.js';
import { nodeFlag } from './zone-view.js';

const path = new DigitPath();
const asterisk = 0x2a;

export interface ZoneToBuild {
  readonly apex: ZoneApex;
  readonly memory: ZoneMemory;
  readonly index: NameIndex;
  readonly seed: number;
}

/**
 * Fills the memory of a zone that nobody reads yet, without keeping anything of a record: millions of them come. Records of one name that come
 * one after the other make one node at once.
 */
export class ZoneBuilder {
  private readonly counts = { size: 0, boundaries: 0, wildcards: 0, nsec3: 0 };
  private bareSignatures = 0;
  /** Of the name whose records are coming. */
  private readonly draft = new NodeDraft();
  private begun = false;
  private readonly other = new NodeDraft();
  private readonly owner = new Uint8Array(255);
  private readonly numbers = new Map<string, NumberList>();
  /** The suffix of the numbers that came last, and what is above numbers is mostly the same. */
  private suffix = Buffer.alloc(0);
  private suffixNumbers: NumberList | undefined;

  constructor(
    private readonly zone: ZoneToBuild,
    private readonly allocator: BlockAllocator,
  ) {}

  /** Name and rdata in wire form, uncompressed. Errors: ZoneError when it is outside the zone or of another class. */
  add(
    name: Uint8Array,
    nameStart: number,
    nameEnd: number,
    type: number,
    rrClass: number,
    ttl: number,
    rdata: Uint8Array,
    start: number,
    end: number,
  ): void {
    if (rrClass !== 1) throw new ZoneError('a record of another class');
    const apexStart = this.zone.apex.startIn(name, nameStart, nameEnd);
    if (apexStart < 0) throw new ZoneError('a record outside the zone');
    const length = apexStart - nameStart;
    let same = this.begun && length === this.draft.ownerLength;
    for (let at = 0; at < length; at += 1) {
      const octet = lowered(name[nameStart + at]);
      same &&= octet === this.draft.owner[at];
      this.owner[at] = octet;
    }
    if (!same) this.begin(length);
    this.draft.gather(type, ttl, rdata, start, end);
  }

  /** Errors: ZoneError when a signature covers nothing. */
  finish() {
    this.end();
    if (this.bareSignatures > 0) throw new ZoneError('a signature covers nothing');
    this.growTrees();
    if (this.counts.boundaries > 0) this.occlude();
    this.zone.index.fit();
    return this.counts;
  }

  private begin(length: number): void {
    this.end();
    this.begun = true;
    const { draft, owner } = this;
    draft.clear(owner, 0, length, this.hash(owner, 0, length));
    this.load(draft);
    this.bareSignatures -= draft.bareSignatures;
  }

  private end(): void {
    if (!this.begun) return;
    const { draft, counts } = this;
    const { counted, flags, before } = {
      counted: draft.counted,
      flags: this.flagsOf(draft.before),
      before: draft.before,
    };
    this.bareSignatures += draft.bareSignatures;
    if (before === 0 || (flags & nodeFlag.empty) !== 0) counts.size += 1;
    if ((flags & boundaryFlags) === 0 && draft.boundary) counts.boundaries += 1;
    if (before === 0 || !this.ownedNsec3) counts.nsec3 += draft.has(nsec3) ? 1 : 0;
    this.put(draft);
    if (!counted && draft.named) this.tellAbove(draft.owner, draft.ownerLength);
    this.begun = false;
  }

  private ownedNsec3 = false;

  private load(draft: NodeDraft): void {
    const { index, memory } = this.zone;
    draft.slot = index.find(draft.hash, draft.owner, 0, draft.ownerLength);
    if (draft.slot >= 0) draft.load(memory, index.at(draft.slot));
    this.ownedNsec3 = draft.has(nsec3);
  }

  private put(draft: NodeDraft): void {
    const { index, memory } = this.zone;
    const { before } = draft;
    draft.before = 0;
    const ref = draft.render(memory, this.allocator, 0);
    if (before !== 0) {
      index.replace(draft.slot, ref);
      this.allocator.release(before);
    } else {
      index.reserve(1);
      index.insert(draft.hash, ref);
    }
  }

  /** Counts a name that is new at the one above it, which is new itself where nothing was there (RFC 8499 "empty non-terminal"). */
  private tellAbove(owner: Uint8Array, length: number): void {
    const { index, memory } = this.zone;
    let at = 0;
    while (at < length) {
      const isNumber = path.read(owner, at, length);
      const wildcard = !isNumber && owner[at] === 1 && owner[at + 1] === asterisk;
      at = isNumber ? path.suffix : at + owner[at] + 1;
      if (isNumber) this.numbersBelow(owner, at, length).add(path.hi, path.lo);
      if (wildcard) this.counts.wildcards += 1;
      const hash = this.hash(owner, at, length);
      const slot = index.find(hash, owner, at, length - at);
      if (slot < 0) {
        const above = this.other.clear(owner, at, length, hash);
        above.children = isNumber ? 0 : 1;
        above.wildcardBelow = wildcard;
        // There will be: the trees come last.
        above.numbers = isNumber ? 1 : 0;
        this.put(above);
        continue;
      }
      const ref = index.at(slot);
      const words = memory.words[ref >>> segmentBits];
      const wasNamed = (flagsOf(memory, ref) & ownFlag.chainOnly) === 0;
      words[wordOf(ref) + 3] = (words[wordOf(ref) + 3] & ~ownFlag.chainOnly) | (wildcard ? nodeFlag.wildcardBelow : 0);
      if (!isNumber) {
        if (childrenOf(memory, ref) === maximumChildren) throw new ZoneError('too many names directly below one');
        words[wordOf(ref) + 4] += 1 << 8;
      }
      if (wasNamed) return;
    }
  }

  private numbersBelow(owner: Uint8Array, start: number, end: number): NumberList {
    if (this.suffixNumbers && this.suffix.equals(owner.subarray(start, end))) return this.suffixNumbers;
    this.suffix = Buffer.from(owner.subarray(start, end));
    const key = this.suffix.toString('latin1');
    let numbers = this.numbers.get(key);
    if (!numbers) this.numbers.set(key, (numbers = new NumberList()));
    return (this.suffixNumbers = numbers);
  }

  private growTrees(): void {
    const { memory } = this.zone;
    const trees = new DigitTreeWriter(
      memory,
      this.allocator,
      () => {},
      () => {},
    );
    for (const [key, numbers] of this.numbers) {
      const owner = Buffer.from(key, 'latin1');
      const above = this.other.clear(owner, 0, owner.length, this.hash(owner, 0, owner.length));
      this.load(above);
      const sorted = numbers.sorted();
      above.digitRoot = trees.build(sorted);
      above.numbers = sorted.length;
      this.put(above);
    }
    this.numbers.clear();
  }

  /** What is below a delegation or a DNAME is not for this zone to say. */
  private occlude(): void {
    const { memory, index } = this.zone;
    for (const ref of index.newest()) {
      const octets = memory.octets[ref >>> segmentBits];
      const start = ownerStart(memory, ref);
      const end = start + ownerLengthOf(memory, ref);
      let at = start;
      while (at < end) {
        at += octets[at] + 1;
        const slot = index.find(this.hash(octets, at, end), octets, at, end - at);
        if (slot < 0 || (flagsOf(memory, index.at(slot)) & boundaryFlags) === 0) continue;
        memory.words[ref >>> segmentBits][wordOf(ref) + 3] |= nodeFlag.occluded;
        break;
      }
    }
  }

  private flagsOf(ref: number): number {
    return ref === 0 ? 0 : flagsOf(this.zone.memory, ref);
  }

  private hash(owner: Uint8Array, start: number, end: number): number {
    return hashEnd(hashOn(hashStart(this.zone.seed), owner, start, end));
  }
}

const nsec3 = 50;
