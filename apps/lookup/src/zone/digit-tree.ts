import { beginsWith } from './digit-path.js';
import { segmentBits, wordOf, type ZoneMemory } from './zone-memory.js';

/**
 * A sorted set of numbers (see digit-path.ts) as a tree of blocks that are never changed: a change makes new blocks from the leaf up to the root.
 * Words of a block: that of the allocator; height (0: leaf), and above it in 16 bits the number of entries; then the entries: two words of
 * number, and above leaves the block whose smallest number that is.
 */
export const treeHeader = 2;
export const entryWords = (height: number): number => (height === 0 ? 2 : 3);

/** Whether some number begins with these digits. Words are handed on with their sign: larger ones would be objects when a function is called. */
export function somethingBegins(
  memory: ZoneMemory,
  root: number,
  signedHi: number,
  signedLo: number,
  digits: number,
): boolean {
  const hi = signedHi >>> 0;
  const lo = signedLo >>> 0;
  let block = root;
  // The smallest number from here on lies in this block, or is the first of the next.
  let nextHi = 0;
  let nextLo = 0;
  while (block !== 0) {
    const words = memory.words[block >>> segmentBits];
    const head = wordOf(block) + 1;
    const height = words[head] & 0xffff;
    const count = words[head] >>> 16;
    const width = entryWords(height);
    const first = head + 1;
    const at = lowerBound(words, first, width, count, signedHi, signedLo);
    if (at < count) {
      nextHi = words[first + at * width];
      nextLo = words[first + at * width + 1];
    }
    if (height === 0) break;
    if (at < count && nextHi === hi && nextLo === lo) return true;
    block = at === 0 ? 0 : words[first + (at - 1) * width + 2];
  }
  return nextHi !== 0 && beginsWith(nextHi | 0, nextLo | 0, signedHi, signedLo, digits);
}

/** Index of the first entry that is not smaller. The words with or without sign. */
export function lowerBound(
  words: Uint32Array,
  first: number,
  width: number,
  count: number,
  anyHi: number,
  anyLo: number,
): number {
  const hi = anyHi >>> 0;
  const lo = anyLo >>> 0;
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const at = first + middle * width;
    const smaller = words[at] < hi || (words[at] === hi && words[at + 1] < lo);
    if (smaller) low = middle + 1;
    else high = middle;
  }
  return low;
}
