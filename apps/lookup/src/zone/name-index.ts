import { segmentBits, wordOf, type ZoneMemory } from './zone-memory.js';

/**
 * Names are found by a hash of their octets from the apex to the left, so that one pass over a name meets the hashes of all names above it.
 * Open addressing; a slot is two words, the newest node of a name and its hash.
 */
export const noNode = 0;
export const deletedNode = 1;

/**
 * The hash of the apex itself. `seed` keeps those who choose names from choosing their slots. Hashes are words with their sign: larger numbers are
 * objects when they are handed from function to function.
 */
export const hashStart = (seed: number): number => 0x811c9dc5 ^ seed;

/** Goes on with the octets `[start, end)`, from right to left. */
export function hashOn(hash: number, name: Uint8Array, start: number, end: number): number {
  let state = hash;
  for (let at = end - 1; at >= start; at -= 1) state = Math.imul(state ^ name[at], 0x01000193);
  return state;
}

/** FNV leaves its upper bits alone too long for short names. */
export function hashEnd(state: number): number {
  let hash = state;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

/** Where to begin to look in slots of so many words. */
const placeOf = (hash: number, words: number): number => Math.floor((hash >>> 0) * ((words >>> 1) / 2 ** 32)) * 2;

/**
 * The newest node of a name, which is given without the apex, by its hash; 0: none. What it returns is what it looked at: a moment later the slot may belong to
 * another name.
 */
export function findNewest(
  slots: Uint32Array,
  memory: ZoneMemory,
  hash: number,
  name: Uint8Array,
  start: number,
  length: number,
): number {
  const { length: end } = slots;
  let at = placeOf(hash, end);
  for (;;) {
    const ref = Atomics.load(slots, at);
    if (ref === noNode) return noNode;
    if (ref !== deletedNode && (slots[at + 1] | 0) === hash && owns(memory, ref, name, start, length)) return ref;
    at += 2;
    if (at === end) at = 0;
  }
}

function owns(memory: ZoneMemory, ref: number, name: Uint8Array, start: number, length: number): boolean {
  const words = memory.wordsFor(ref);
  const at = wordOf(ref);
  if ((words[at + 4] & 0xff) !== length) return false;
  const octets = memory.octets[ref >>> segmentBits];
  const head = words[at + 3];
  const owner = (at + 5 + ((head & 0x200) === 0 ? 0 : 2) + (head >>> 16) * 2) * 4;
  for (let index = 0; index < length; index += 1) if (octets[owner + index] !== name[start + index]) return false;
  return true;
}

/** Beyond this a search meets too many other names. */
const fullest = 0.75;
const fillAfterGrowth = 0.5;
const smallestCapacity = 64;

/** The index as the writer has it. Readers of older editions keep the slots that they have, so that another array is a matter of publishing it. */
export class NameIndex {
  slots = slotsFor(smallestCapacity);
  /** Counts the arrays of slots. */
  id = 1;
  private taken = 0;
  private live = 0;

  constructor(private readonly memory: ZoneMemory) {}

  get octets(): number {
    return this.slots.byteLength;
  }

  /** Where the newest node of a name is: an index into `slots`, or -1. */
  find(hash: number, name: Uint8Array, start: number, length: number): number {
    const { slots, memory } = this;
    const newest = findNewest(slots, memory, hash, name, start, length);
    if (newest === noNode) return -1;
    let at = placeOf(hash, slots.length);
    while (slots[at] !== newest) at = at + 2 === slots.length ? 0 : at + 2;
    return at;
  }

  at(slot: number): number {
    return this.slots[slot];
  }

  /** Makes room for so many more names, so that what follows cannot fail. @returns whether there is another array of slots. */
  reserve(names: number): boolean {
    const capacity = this.slots.length >>> 1;
    if (this.taken + names <= capacity * fullest) return false;
    this.rebuild(Math.max(smallestCapacity, Math.ceil((this.live + names) / fillAfterGrowth)));
    return true;
  }

  /** The array of the size that suits what is there, when nobody reads it yet. */
  fit(): void {
    const capacity = Math.max(smallestCapacity, Math.ceil(this.live / 0.7));
    if (capacity < this.slots.length >>> 1) this.rebuild(capacity);
  }

  insert(hash: number, ref: number): void {
    const { length: end } = this.slots;
    let at = placeOf(hash, end);
    while (this.slots[at] > deletedNode) {
      at += 2;
      if (at === end) at = 0;
    }
    if (this.slots[at] === noNode) this.taken += 1;
    this.live += 1;
    this.slots[at + 1] = hash;
    Atomics.store(this.slots, at, ref);
  }

  replace(slot: number, ref: number): void {
    Atomics.store(this.slots, slot, ref);
  }

  /** Once no reader can see anything at the name. */
  remove(slot: number): void {
    this.live -= 1;
    Atomics.store(this.slots, slot, deletedNode);
  }

  *newest(): Generator<number> {
    for (let at = 0; at < this.slots.length; at += 2) {
      const ref = this.slots[at];
      if (ref > deletedNode) yield ref;
    }
  }

  private rebuild(capacity: number): void {
    const before = this.slots;
    this.slots = slotsFor(capacity);
    this.id += 1;
    this.taken = this.live = 0;
    for (let at = 0; at < before.length; at += 2) if (before[at] > deletedNode) this.insert(before[at + 1], before[at]);
  }
}

const slotsFor = (capacity: number) => new Uint32Array(new SharedArrayBuffer(capacity * 8));
