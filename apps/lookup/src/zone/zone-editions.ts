import type { Denial } from './zone-view.js';

/**
 * What threads agree on by words of one shared memory: which edition of the zone is the newest, and which edition each reader holds.
 *
 *     word 0            the newest edition; 0 while there is none
 *     words 16 and 32   where the edition is to be found: those of even editions, those of odd ones
 *     words 64, 80 …    for each reader the edition that it holds; 0 when it holds none
 *
 * A reader writes down the edition before it looks whether that is still the newest: a writer that has published a newer one since then
 * finds what was written, or the reader finds the newer one.
 */
const newestAt = 0;
const placesAt = 16;
const placeWords = 16;
const readersAt = 64;
/** A cache line each. */
const readerWords = 16;
export const mostReaders = 256;

/** The words for them are their places. */
export const denialCodes: readonly Denial[] = ['unsigned', 'compact', 'nsec', 'nsec3'];

/** Where an edition is to be found. */
export interface EditionPlace {
  /** The memory of the zone: another number is other memory. */
  store: number;
  seed: number;
  apexNode: number;
  segments: number;
  /** The array of slots of the index, and that of the chain of denial; 0: no chain. */
  index: number;
  chain: number;
  denial: number;
  hasCuts: number;
  hasWildcards: number;
}

export const emptyPlace = (): EditionPlace => ({
  store: 0,
  seed: 0,
  apexNode: 0,
  segments: 0,
  index: 0,
  chain: 0,
  denial: 0,
  hasCuts: 0,
  hasWildcards: 0,
});

const fields = Object.keys(emptyPlace()) as (keyof EditionPlace)[];

/** The side of the writer. */
export class ZoneEditions {
  readonly control = new SharedArrayBuffer((readersAt + mostReaders * readerWords) * 4);
  private readonly words = new Uint32Array(this.control);
  private readonly slots = new Set<number>();
  /** Editions that are held on this thread for longer, and how often one of them was let go. */
  readonly pinned: number[] = [];
  unpinned = 0;

  get newest(): number {
    return this.words[newestAt];
  }

  publish(place: EditionPlace): void {
    const edition = this.newest + 1;
    const at = placeOf(edition);
    fields.forEach((field, index) => Atomics.store(this.words, at + index, place[field]));
    Atomics.store(this.words, newestAt, edition);
  }

  /** The oldest edition that some reader may be reading; the newest when none is. */
  oldestRead(): number {
    let oldest = this.newest;
    for (const slot of this.slots) {
      const held = Atomics.load(this.words, readersAt + slot * readerWords);
      if (held !== 0 && held < oldest) oldest = held;
    }
    return oldest;
  }

  /** Holds the newest edition until the function that is returned is called. */
  pin(): () => void {
    const edition = this.newest;
    this.pinned.push(edition);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.pinned.splice(this.pinned.indexOf(edition), 1);
      this.unpinned += 1;
    };
  }

  /** Errors: RangeError when there are too many. */
  addReader(): number {
    let slot = 0;
    while (this.slots.has(slot)) slot += 1;
    if (slot === mostReaders) throw new RangeError('too many readers of a zone');
    Atomics.store(this.words, readersAt + slot * readerWords, 0);
    this.slots.add(slot);
    return slot;
  }

  /** Only of a reader that is no more. */
  removeReader(slot: number): void {
    this.slots.delete(slot);
  }
}

/** The side of one reader. */
export class EditionSlot {
  private readonly words: Uint32Array;
  private readonly at: number;

  constructor(control: SharedArrayBuffer, slot: number) {
    this.words = new Uint32Array(control);
    this.at = readersAt + slot * readerWords;
  }

  /** Holds the newest edition; its place is written to `into` unless it is `known` already. @returns the edition, 0: there is none */
  take(known: number, into: EditionPlace): number {
    const { words } = this;
    for (;;) {
      const edition = Atomics.load(words, newestAt);
      if (edition === 0) return 0;
      Atomics.store(words, this.at, edition);
      if (edition !== known) this.read(placeOf(edition), into);
      // The place of an edition is written over only after there is a newer one.
      if (Atomics.load(words, newestAt) === edition) return edition;
    }
  }

  release(): void {
    Atomics.store(this.words, this.at, 0);
  }

  private read(at: number, into: EditionPlace): void {
    for (let index = 0; index < fields.length; index += 1) into[fields[index]!] = Atomics.load(this.words, at + index);
  }
}

const placeOf = (edition: number) => placesAt + (edition & 1) * placeWords;
