import { wordsOf } from './octet-copy.js';

/** Octets of a key are looked at four at a time: so many behind it must be there, and are zeros. */
export const keyPadding = 3;

/**
 * What was signed on line, for as long as somebody may ask for it again. All of it lies in two pieces of memory: when the young one is full, or
 * when its time has come, it becomes the old one, and what was old is overwritten with zeros. So nothing is kept longer than two
 * ages, and no flood of questions makes it larger.
 */
export class ProofCache {
  /** The value found, or put, last. */
  octets = new Uint8Array(0) as Uint8Array;
  start = 0;
  end = 0;

  private readonly keyWords: DataView;
  private young: Generation;
  private old: Generation;

  /**
   * @param key where keys are given, each with `keyPadding` zeros behind it
   * @param seed 32 random bits, so that nobody chooses where proofs lie
   */
  constructor(
    private readonly key: Uint8Array,
    private readonly seed: number,
    room = 2 ** 21,
    entries = 8_192,
  ) {
    this.keyWords = wordsOf(key);
    this.young = new Generation(room, entries);
    this.old = new Generation(room, entries);
  }

  find(keyLength: number): boolean {
    const hash = this.hash(keyLength);
    return this.findIn(this.young, hash, keyLength) || this.findIn(this.old, hash, keyLength);
  }

  put(keyLength: number, value: Uint8Array, valueLength: number): void {
    if (!this.young.hasRoom(keyLength + valueLength)) this.age();
    const at = this.young.put(this.hash(keyLength), this.key, keyLength, value, valueLength);
    this.octets = this.young.octets;
    this.start = at;
    this.end = at + valueLength;
  }

  /** To be called once for each age. */
  age(): void {
    const { old } = this;
    this.old = this.young;
    this.young = old;
    old.clear();
  }

  private findIn(generation: Generation, hash: number, keyLength: number): boolean {
    const at = generation.find(hash, this.keyWords, keyLength);
    if (at < 0) return false;
    this.octets = generation.octets;
    this.start = at;
    this.end = at + generation.valueLength(at, keyLength);
    return true;
  }

  private hash(length: number): number {
    const { keyWords } = this;
    let hash = this.seed;
    for (let at = 0; at < length; at += 4) {
      hash = Math.imul(hash ^ keyWords.getInt32(at, true), 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    hash = Math.imul(hash, 0x85ebca6b);
    return hash ^ (hash >>> 13);
  }
}

/** Octets of key and value, two each, before them. */
const lengths = 4;

const upToWord = (octets: number): number => (octets + 3) & ~3;

class Generation {
  readonly octets: Uint8Array;
  private readonly words: DataView;
  /** Pairs: where an entry lies, and its hash. 0 is where none lies. */
  private readonly slots: Int32Array;
  private readonly mask: number;
  private used = lengths;
  private entries = 0;

  constructor(
    room: number,
    private readonly mostEntries: number,
  ) {
    this.octets = new Uint8Array(room);
    this.words = wordsOf(this.octets);
    const capacity = 2 ** Math.ceil(Math.log2(mostEntries * 2));
    this.slots = new Int32Array(capacity * 2);
    this.mask = capacity - 1;
  }

  hasRoom(octets: number): boolean {
    return this.entries < this.mostEntries && this.used + lengths + octets + keyPadding <= this.octets.length;
  }

  /** Where the value lies, -1: none. */
  find(hash: number, keyWords: DataView, keyLength: number): number {
    const { slots, words, mask } = this;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const at = slots[slot * 2]!;
      if (at === 0) return -1;
      if (slots[slot * 2 + 1] !== hash || words.getUint16(at) !== keyLength) continue;
      let index = 0;
      while (index < keyLength && words.getInt32(at + lengths + index) === keyWords.getInt32(index)) index += 4;
      if (index >= keyLength) return at + lengths + upToWord(keyLength);
    }
  }

  valueLength(value: number, keyLength: number): number {
    return this.words.getUint16(value - upToWord(keyLength) - lengths + 2);
  }

  put(hash: number, key: Uint8Array, keyLength: number, value: Uint8Array, valueLength: number): number {
    const { slots, octets, words, mask, used: at } = this;
    let slot = hash & mask;
    while (slots[slot * 2] !== 0) slot = (slot + 1) & mask;
    slots[slot * 2] = at;
    slots[slot * 2 + 1] = hash;
    words.setUint16(at, keyLength);
    words.setUint16(at + 2, valueLength);
    for (let index = 0; index < keyLength; index += 1) octets[at + lengths + index] = key[index]!;
    const start = at + lengths + upToWord(keyLength);
    for (let index = 0; index < valueLength; index += 1) octets[start + index] = value[index]!;
    this.used = start + valueLength;
    this.entries += 1;
    return start;
  }

  clear(): void {
    this.octets.fill(0, 0, this.used);
    this.slots.fill(0);
    this.used = lengths;
    this.entries = 0;
  }
}
