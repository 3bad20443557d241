/** Octets are copied by words of any alignment: one by one takes three times as long. */
export const wordsOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, byteLength);

/** Words of pieces of memory that come again and again: those of a zone, of a socket. Makes an object for each of them once. */
export class KnownMemory {
  private readonly known = new WeakMap<Uint8Array, DataView>();
  private last = new Uint8Array(0) as Uint8Array;
  private lastWords = wordsOf(this.last);

  words(octets: Uint8Array): DataView {
    if (octets === this.last) return this.lastWords;
    let words = this.known.get(octets);
    if (!words) this.known.set(octets, (words = wordsOf(octets)));
    this.last = octets;
    this.lastWords = words;
    return words;
  }
}

/** Words of memory that may be another each time, or the same for ever: made when it comes for the second time in a row. */
export class LastMemory {
  private last: Uint8Array | undefined;
  private words: DataView | undefined;

  wordsIfAgain(octets: Uint8Array): DataView | undefined {
    if (octets === this.last) return (this.words ??= wordsOf(octets));
    this.last = octets;
    this.words = undefined;
    return undefined;
  }
}

/** Copies `[start, end)`. @returns where the copy ends */
export function copyOctets(
  from: Uint8Array,
  fromWords: DataView,
  start: number,
  end: number,
  into: Uint8Array,
  intoWords: DataView,
  intoStart: number,
): number {
  let index = start;
  let at = intoStart;
  for (; index + 16 <= end; index += 16, at += 16) {
    intoWords.setInt32(at, fromWords.getInt32(index, true), true);
    intoWords.setInt32(at + 4, fromWords.getInt32(index + 4, true), true);
    intoWords.setInt32(at + 8, fromWords.getInt32(index + 8, true), true);
    intoWords.setInt32(at + 12, fromWords.getInt32(index + 12, true), true);
  }
  for (; index + 4 <= end; index += 4, at += 4) intoWords.setInt32(at, fromWords.getInt32(index, true), true);
  for (; index < end; index += 1) into[at++] = from[index]!;
  return at;
}
