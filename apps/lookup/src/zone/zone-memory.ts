/**
 * The memory that a zone lies in, as a writer and any number of reading threads see it: segments of shared memory, and in them blocks of
 * whole units of 8 octets. A reference is a segment in its upper 11 bits and a unit in its lower 21, so that 32 bits reach 32 GiB.
 */
export const unitOctets = 8;
export const segmentBits = 21;
export const segmentUnits = 1 << segmentBits;
export const unitMask = segmentUnits - 1;

/** The first word of a block belongs to the writer (see block-allocator.ts). */
export class ZoneMemory {
  readonly octets: Uint8Array[] = [];
  readonly words: Uint32Array[] = [];
  /** Set by a thread that hears of segments by messages: fetches those that were sent. */
  fetch = (): void => {
    throw new Error('a block outside the memory of the zone');
  };

  /**
   * Words of the segment of a block. A reader of an older edition may come upon a block that was made since then, in a segment that it has not
   * heard of; it was sent before anything pointed there.
   */
  wordsFor(ref: number): Uint32Array {
    return this.words[ref >>> segmentBits] ?? this.fetched(ref);
  }

  private fetched(ref: number): Uint32Array {
    while (!this.words[ref >>> segmentBits]) this.fetch();
    return this.words[ref >>> segmentBits];
  }

  add(segment: SharedArrayBuffer): void {
    this.octets.push(new Uint8Array(segment));
    this.words.push(new Uint32Array(segment));
  }

  get segments(): SharedArrayBuffer[] {
    return this.words.map(({ buffer }) => buffer as SharedArrayBuffer);
  }
}

/** Index in the words of its segment at which a block begins. */
export const wordOf = (ref: number): number => (ref & unitMask) << 1;

/** Offset in the octets of its segment at which a block begins. */
export const octetOf = (ref: number): number => (ref & unitMask) << 3;
