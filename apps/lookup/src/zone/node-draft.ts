import { RRType } from '@callbook/dns';
import { blockKind, type BlockAllocator } from './block-allocator.js';
import {
  childrenOf,
  digitWords,
  flagsOf,
  maximumChildren,
  nodeWords,
  ownerLengthOf,
  ownerStart,
  ownFlag,
  skipRecords,
  ttlOf,
} from './node-layout.js';
import { SetDraft, setTypeOf } from './set-draft.js';
import { ZoneError } from './zone-error.js';
import { segmentBits, wordOf, type ZoneMemory } from './zone-memory.js';
import { nodeFlag } from './zone-view.js';

export const boundaryFlags = nodeFlag.cut | nodeFlag.dname;

/** A node while it is being worked out; nobody sees anything of it before it is rendered into a block of its own. */
export class NodeDraft {
  /** Without the apex; lower-cased. */
  readonly owner = new Uint8Array(255);
  ownerLength = 0;
  hash = 0;
  /** In ascending order of type. */
  readonly sets: SetDraft[] = [];
  children = 0;
  digitRoot = 0;
  /** How many numbers are below, and those that come and go. */
  numbers = 0;
  readonly numberChanges: { readonly hi: number; readonly lo: number; readonly here: boolean }[] = [];
  wildcardBelow = false;
  occluded = false;
  /** The newest node of the name, 0: none. Where it is to be found in the index, -1: nowhere. */
  before = 0;
  slot = -1;
  /** Something of it is not as it was, beside the number of children. */
  changed = false;
  /** Whether the name above counts this one among what is below it. */
  counted = false;
  private readonly spare: SetDraft[] = [];

  clear(owner: Uint8Array, start: number, end: number, hash: number): this {
    this.ownerLength = end - start;
    for (let at = start; at < end; at += 1) this.owner[at - start] = owner[at];
    this.hash = hash;
    while (this.sets.length > 0) this.spare.push(this.sets.pop()!);
    this.children = this.digitRoot = this.numbers = this.before = 0;
    this.numberChanges.length = 0;
    this.slot = -1;
    this.wildcardBelow = this.occluded = this.changed = this.counted = false;
    return this;
  }

  /** Takes over what is in memory. */
  load(memory: ZoneMemory, ref: number): void {
    const words = memory.words[ref >>> segmentBits];
    const octets = memory.octets[ref >>> segmentBits];
    const at = wordOf(ref);
    const flags = flagsOf(memory, ref);
    this.before = ref;
    if ((flags & ownFlag.removed) !== 0) return;
    this.counted = (flags & ownFlag.chainOnly) === 0;
    this.children = childrenOf(memory, ref);
    this.wildcardBelow = (flags & nodeFlag.wildcardBelow) !== 0;
    this.occluded = (flags & nodeFlag.occluded) !== 0;
    let entry = at + nodeWords;
    if ((flags & ownFlag.digits) !== 0) {
      this.digitRoot = words[entry];
      this.numbers = words[entry + 1];
      entry += digitWords;
    }
    let start = ownerStart(memory, ref) + ownerLengthOf(memory, ref);
    for (let count = words[at + 3] >>> 16; count > 0; count -= 1, entry += 2) {
      const [type, records] = [words[entry] & 0xffff, words[entry] >>> 16];
      const [length, signatures] = [words[entry + 1] & 0xffffff, words[entry + 1] >>> 24];
      const plainEnd = skipRecords(octets, start, records);
      const set = (this.spare.pop() ?? new SetDraft()).clear(type);
      if (records > 0) set.ttl = ttlOf(octets, start);
      set.plain.copy(octets, start, plainEnd, records);
      set.signatures.copy(octets, plainEnd, start + length, signatures);
      this.sets.push(set);
      start += length;
    }
  }

  /** Errors: ZoneError for what no set could hold. @returns false when the record is there already */
  add(type: number, ttl: number, rdata: Uint8Array, start: number, end: number): boolean {
    this.changed = true;
    return this.setFor(setTypeOf(type, rdata, start, end)).add(type, ttl, rdata, start, end);
  }

  /** As `add`, and the set gets the lowest TTL of its records. */
  gather(type: number, ttl: number, rdata: Uint8Array, start: number, end: number): void {
    const set = this.setFor(setTypeOf(type, rdata, start, end));
    set.add(type, type === RRType.RRSIG ? ttl : set.lowestTtl(ttl), rdata, start, end);
  }

  /** @returns false when the record is not there */
  remove(type: number, rdata: Uint8Array, start: number, end: number): boolean {
    this.changed = true;
    const set = this.setFor(setTypeOf(type, rdata, start, end));
    const removed = set.remove(type, rdata, start, end);
    if (set.octets === 0) this.spare.push(...this.sets.splice(this.sets.indexOf(set), 1));
    return removed;
  }

  has(type: number): boolean {
    return this.sets.some((set) => set.type === type);
  }

  /** Sets of which only signatures are there. */
  get bareSignatures(): number {
    let count = 0;
    for (const { plain } of this.sets) if (plain.count === 0) count += 1;
    return count;
  }

  /** Something is here or below. */
  get exists(): boolean {
    return this.sets.length > 0 || this.children > 0 || this.numbers > 0;
  }

  /** Owns NSEC3 and nothing else, so that it is no name of the zone. */
  get chainOnly(): boolean {
    return this.sets.length === 1 && this.sets[0]!.type === RRType.NSEC3 && this.children === 0 && this.numbers === 0;
  }

  /** A name of the zone, or one above such names. */
  get named(): boolean {
    return this.exists && !this.chainOnly;
  }

  /** NS or DNAME: what is below is not for this zone to say. */
  get boundary(): boolean {
    return (this.flags & boundaryFlags) !== 0;
  }

  get flags(): number {
    const apex = this.ownerLength === 0;
    return (
      (!apex && this.has(RRType.NS) ? nodeFlag.cut : 0) |
      (this.occluded ? nodeFlag.occluded : 0) |
      (this.has(RRType.CNAME) ? nodeFlag.cname : 0) |
      (this.has(RRType.DNAME) ? nodeFlag.dname : 0) |
      (this.wildcardBelow ? nodeFlag.wildcardBelow : 0) |
      (this.sets.length === 0 ? nodeFlag.empty : 0) |
      (this.digitRoot !== 0 ? ownFlag.digits : 0) |
      (this.chainOnly ? ownFlag.chainOnly : 0)
    );
  }

  /** Writes it to a block, as of an edition. Where nothing is left it says so, for the sake of those who see older editions. */
  render(memory: ZoneMemory, allocator: BlockAllocator, edition: number): number {
    if (this.children > maximumChildren) throw new ZoneError('too many names directly below one');
    const flags = this.exists ? this.flags : ownFlag.removed;
    const head = nodeWords + ((flags & ownFlag.digits) !== 0 ? digitWords : 0);
    const directory = head + this.sets.length * 2;
    let size = directory * 4 + this.ownerLength;
    for (const set of this.sets) size += set.octets;
    const ref = allocator.allocate(size, blockKind.node);
    const words = memory.words[ref >>> segmentBits];
    const octets = memory.octets[ref >>> segmentBits];
    const at = wordOf(ref);
    words[at + 1] = edition;
    words[at + 2] = this.before;
    words[at + 3] = flags | (this.sets.length << 16);
    words[at + 4] = this.ownerLength | (this.children << 8);
    if (head > nodeWords) {
      words[at + nodeWords] = this.digitRoot;
      words[at + nodeWords + 1] = this.numbers;
    }
    let octet = (at + directory) * 4;
    for (let index = 0; index < this.ownerLength; index += 1) octets[octet + index] = this.owner[index];
    octet += this.ownerLength;
    for (let index = 0; index < this.sets.length; index += 1) {
      const { type, plain, signatures } = this.sets[index]!;
      words[at + head + index * 2] = type | (plain.count << 16);
      words[at + head + index * 2 + 1] = (plain.length + signatures.length) | (signatures.count << 24);
      octet = copyInto(octets, octet, plain.octets, plain.length);
      octet = copyInto(octets, octet, signatures.octets, signatures.length);
    }
    return ref;
  }

  private setFor(type: number): SetDraft {
    let at = 0;
    while (at < this.sets.length && this.sets[at]!.type < type) at += 1;
    if (this.sets[at]?.type !== type) this.sets.splice(at, 0, (this.spare.pop() ?? new SetDraft()).clear(type));
    return this.sets[at]!;
  }
}

function copyInto(into: Uint8Array, at: number, from: Uint8Array, length: number): number {
  if (length < 256) for (let index = 0; index < length; index += 1) into[at + index] = from[index];
  else into.set(from.subarray(0, length), at);
  return at + length;
}
