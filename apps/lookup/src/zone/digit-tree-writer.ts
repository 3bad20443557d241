import { blockKind, type BlockAllocator } from './block-allocator.js';
import { entryWords, treeHeader } from './digit-tree.js';
import { segmentBits, wordOf, type ZoneMemory } from './zone-memory.js';

const mostEntries = 255;
const fewestEntries = 64;

interface Entry {
  readonly hi: number;
  readonly lo: number;
  /** Above leaves. */
  readonly block: number;
}

/** Makes trees of numbers out of those before. `dropped` is told of blocks that are in no newer tree, `made` of those that are in no older one. */
export class DigitTreeWriter {
  constructor(
    private readonly memory: ZoneMemory,
    private readonly allocator: BlockAllocator,
    private readonly made: (block: number) => void,
    private readonly dropped: (block: number) => void,
  ) {}

  /** From numbers in ascending order, each once. @returns the root, 0 for none */
  build(numbers: BigUint64Array): number {
    let level: Entry[] = [];
    for (let from = 0; from < numbers.length; from += mostEntries) {
      const some = numbers.subarray(from, from + mostEntries);
      level.push(this.block(0, Array.from(some, entryOf)));
    }
    for (let height = 1; level.length > 1; height += 1) {
      const below = level;
      level = [];
      for (let from = 0; from < below.length; from += mostEntries)
        level.push(this.block(height, below.slice(from, from + mostEntries)));
    }
    return level[0]?.block ?? 0;
  }

  /** With a number that is not there yet. */
  insert(root: number, hi: number, lo: number): number {
    return this.rooted(root === 0 ? [this.block(0, [{ hi, lo, block: 0 }])] : this.inserted(root, hi, lo), root);
  }

  /** Without a number that is there. */
  remove(root: number, hi: number, lo: number): number {
    let entries = this.removed(root, hi, lo);
    // A root with one child is no root.
    while (entries.length === 1) {
      const { height, entries: below } = this.read(entries[0]!.block);
      if (height === 0 || below.length > 1) break;
      this.dropped(entries[0]!.block);
      entries = below;
    }
    return entries[0]?.block ?? 0;
  }

  private rooted(entries: Entry[], before: number): number {
    if (entries.length === 1) return entries[0]!.block;
    return this.block(this.heightOf(before) + 1, entries).block;
  }

  private inserted(block: number, hi: number, lo: number): Entry[] {
    const { height, entries } = this.read(block);
    const at = indexOf(entries, hi, lo);
    if (height === 0) entries.splice(at, 0, { hi, lo, block: 0 });
    else {
      const below = at < entries.length && is(entries[at]!, hi, lo) ? at : Math.max(0, at - 1);
      entries.splice(below, 1, ...this.inserted(entries[below]!.block, hi, lo));
    }
    this.dropped(block);
    return this.blocks(height, entries);
  }

  private removed(block: number, hi: number, lo: number): Entry[] {
    const { height, entries } = this.read(block);
    const at = indexOf(entries, hi, lo);
    this.dropped(block);
    if (height === 0) entries.splice(at, 1);
    else {
      const below = at < entries.length && is(entries[at]!, hi, lo) ? at : at - 1;
      entries.splice(below, 1, ...this.removed(entries[below]!.block, hi, lo));
      this.join(entries, below);
    }
    return this.blocks(height, entries);
  }

  /** A block that has become small is joined with its neighbour where both fit into one. */
  private join(entries: Entry[], at: number): void {
    for (const [left, right] of [
      [at - 1, at],
      [at, at + 1],
    ] as const) {
      if (left < 0 || right >= entries.length) continue;
      const [small, large] = [this.countOf(entries[left]!.block), this.countOf(entries[right]!.block)].sort(
        (a, b) => a - b,
      ) as [number, number];
      if (small >= fewestEntries || small + large > mostEntries - fewestEntries) continue;
      const [before, after] = [this.read(entries[left]!.block), this.read(entries[right]!.block)];
      this.dropped(entries[left]!.block);
      this.dropped(entries[right]!.block);
      entries.splice(left, 2, this.block(before.height, [...before.entries, ...after.entries]));
      return;
    }
  }

  private blocks(height: number, entries: Entry[]): Entry[] {
    if (entries.length === 0) return [];
    if (entries.length <= mostEntries) return [this.block(height, entries)];
    const half = entries.length >>> 1;
    return [this.block(height, entries.slice(0, half)), this.block(height, entries.slice(half))];
  }

  private block(height: number, entries: readonly Entry[]): Entry {
    const width = entryWords(height);
    const ref = this.allocator.allocate((treeHeader + entries.length * width) * 4, blockKind.other);
    this.made(ref);
    const words = this.memory.words[ref >>> segmentBits];
    let at = wordOf(ref) + 1;
    words[at++] = height | (entries.length << 16);
    for (const { hi, lo, block } of entries) {
      words[at++] = hi;
      words[at++] = lo;
      if (height > 0) words[at++] = block;
    }
    return { hi: entries[0]!.hi, lo: entries[0]!.lo, block: ref };
  }

  private heightOf(block: number): number {
    return this.memory.words[block >>> segmentBits][wordOf(block) + 1] & 0xffff;
  }

  private countOf(block: number): number {
    return this.memory.words[block >>> segmentBits][wordOf(block) + 1] >>> 16;
  }

  private read(block: number): { height: number; entries: Entry[] } {
    const words = this.memory.words[block >>> segmentBits];
    let at = wordOf(block) + 1;
    const [height, count] = [words[at] & 0xffff, words[at] >>> 16];
    at += 1;
    const entries: Entry[] = [];
    for (let index = 0; index < count; index += 1, at += entryWords(height))
      entries.push({ hi: words[at], lo: words[at + 1], block: height > 0 ? words[at + 2] : 0 });
    return { height, entries };
  }
}

const is = (entry: Entry, hi: number, lo: number) => entry.hi === hi && entry.lo === lo;

/** Index of the first that is not smaller. */
function indexOf(entries: readonly Entry[], hi: number, lo: number): number {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const { hi: middleHi, lo: middleLo } = entries[middle]!;
    if (middleHi < hi || (middleHi === hi && middleLo < lo)) low = middle + 1;
    else high = middle;
  }
  return low;
}

const entryOf = (number: bigint): Entry => ({
  hi: Number(number >> 32n),
  lo: Number(number & 0xffffffffn),
  block: 0,
});
