import { segmentBits, segmentUnits, unitMask, unitOctets, wordOf, type ZoneMemory } from './zone-memory.js';

/**
 * Blocks of the writer. Every block begins with a word: its size in units, what it is, and whether the block before it is in use. A free block
 * holds its neighbours in the list of its size in the next two words, and its size once more in its last, so that blocks that are given
 * back grow together with what is free beside them (boundary tags). Only what no reader can see is given back.
 */
export const blockKind = { free: 0, node: 1, other: 2 } as const;
type Kind = (typeof blockKind)['node' | 'other'];

const sizeMask = 0x3fffff;
const kindShift = 28;
const previousInUse = 0x40000000;

const smallestUnits = 2;
/** A segment starts at this unit: references 0 and 1 say "nothing" and "deleted". */
const firstUnit = 2;
const smallestSegment = 1 << 17;

/** Sizes up to this many units have a list each; above it, each power of two has eight. */
const exactClasses = 64;
const classCount = exactClasses + (segmentBits - 5) * 8;
/** How many blocks of the wanted class are looked at before one of a larger class is cut. */
const patience = 8;

export const sizeOf = (word: number): number => word & sizeMask;
export const kindOf = (word: number): number => (word >>> kindShift) & 3;

export class BlockAllocator {
  private readonly heads = new Uint32Array(classCount);
  private readonly filled = new Uint32Array(Math.ceil(classCount / 32));
  private inUse = 0;
  /** For each segment the first unit beyond all blocks that ever were. */
  private readonly reached: number[] = [];
  private count = 0;

  /** `grown` is told of each segment before anything lies in it. */
  constructor(
    private readonly memory: ZoneMemory,
    private readonly grown: () => void,
  ) {}

  /** Number of blocks in use. */
  get blocks(): number {
    return this.count;
  }

  /** Octets of blocks in use. */
  get liveOctets(): number {
    return this.inUse * unitOctets;
  }

  /** Octets that were ever in use. The rest of a segment is not memory yet: the system gives pages to what is written. */
  get heldOctets(): number {
    return this.reached.reduce((sum, units) => sum + units * unitOctets, 0);
  }

  /** Octets of a block in use. */
  octetsOf(ref: number): number {
    return sizeOf(this.memory.words[ref >>> segmentBits][wordOf(ref)]) * unitOctets;
  }

  /** Errors: RangeError when there is no more memory, or no segment could hold so much. */
  allocate(octets: number, kind: Kind): number {
    const units = Math.max(smallestUnits, (octets + unitOctets - 1) >>> 3);
    if (units > segmentUnits - firstUnit - 1) throw new RangeError('a block does not fit a segment');
    const ref = this.find(units) || this.grow(units);
    const words = this.memory.words[ref >>> segmentBits];
    const at = wordOf(ref);
    const size = sizeOf(words[at]);
    this.unlink(ref, size);
    const left = size - units;
    if (left >= smallestUnits) this.link(ref + units, left, previousInUse);
    else words[at + size * 2] |= previousInUse;
    const taken = left >= smallestUnits ? units : size;
    words[at] = taken | (kind << kindShift) | (words[at] & previousInUse);
    this.inUse += taken;
    const segment = ref >>> segmentBits;
    this.reached[segment] = Math.max(this.reached[segment], (ref & unitMask) + taken);
    this.count += 1;
    return ref;
  }

  release(ref: number): void {
    const words = this.memory.words[ref >>> segmentBits];
    const at = wordOf(ref);
    let size = sizeOf(words[at]);
    this.inUse -= size;
    this.count -= 1;
    let start = ref;
    const next = ref + size;
    const nextWord = words[at + size * 2];
    if (kindOf(nextWord) === blockKind.free) {
      this.unlink(next, sizeOf(nextWord));
      size += sizeOf(nextWord);
    }
    if ((words[at] & previousInUse) === 0) {
      const before = words[at - 1];
      start -= before;
      size += before;
      this.unlink(start, before);
    }
    words[wordOf(start) + size * 2] &= ~previousInUse;
    this.link(start, size, previousInUse);
  }

  private find(units: number): number {
    const wanted = classOf(units);
    for (let ref = this.heads[wanted], seen = 0; ref !== 0 && seen < patience; seen += 1) {
      const words = this.memory.words[ref >>> segmentBits];
      if (sizeOf(words[wordOf(ref)]) >= units) return ref;
      ref = words[wordOf(ref) + 1];
    }
    for (let group = (wanted + 1) >>> 5; group < this.filled.length; group += 1) {
      const mask = group === (wanted + 1) >>> 5 ? -1 << ((wanted + 1) & 31) : -1;
      const some = this.filled[group] & mask;
      if (some !== 0) return this.heads[group * 32 + 31 - Math.clz32(some & -some)];
    }
    return 0;
  }

  /** The first segments are small, so that a small zone is. */
  private grow(units: number): number {
    const number = this.memory.words.length;
    if (number >= 1 << (32 - segmentBits)) throw new RangeError('the zone is larger than 32 GiB');
    let size = Math.min(segmentUnits, smallestSegment << Math.min(2 * number, 8));
    while (size < units + firstUnit + 1) size *= 2;
    this.memory.add(new SharedArrayBuffer(size * unitOctets));
    this.reached.push(firstUnit);
    this.grown();
    const first = number * segmentUnits + firstUnit;
    // What is never free stands at the end, so that nothing looks beyond it.
    const last = number * segmentUnits + size - 1;
    this.memory.words[number][wordOf(last)] = 1 | (blockKind.other << kindShift);
    this.link(first, size - firstUnit - 1, previousInUse);
    return first;
  }

  private link(ref: number, size: number, before: number): void {
    const words = this.memory.words[ref >>> segmentBits];
    const at = wordOf(ref);
    const list = classOf(size);
    const next = this.heads[list];
    words[at] = size | before;
    words[at + 1] = next;
    words[at + 2] = 0;
    words[at + size * 2 - 1] = size;
    if (next !== 0) this.memory.words[next >>> segmentBits][wordOf(next) + 2] = ref;
    this.heads[list] = ref;
    this.filled[list >>> 5] |= 1 << (list & 31);
  }

  private unlink(ref: number, size: number): void {
    const words = this.memory.words[ref >>> segmentBits];
    const [next, before] = [words[wordOf(ref) + 1], words[wordOf(ref) + 2]];
    if (next !== 0) this.memory.words[next >>> segmentBits][wordOf(next) + 2] = before;
    if (before !== 0) {
      this.memory.words[before >>> segmentBits][wordOf(before) + 1] = next;
      return;
    }
    const list = classOf(size);
    this.heads[list] = next;
    if (next === 0) this.filled[list >>> 5] &= ~(1 << (list & 31));
  }
}

function classOf(units: number): number {
  if (units < exactClasses) return units;
  const power = 31 - Math.clz32(units);
  return exactClasses + (power - 6) * 8 + ((units >>> (power - 3)) & 7);
}

/** Blocks of a segment in the order in which they lie. */
export const firstBlock = (segment: number): number => segment * segmentUnits + firstUnit;
