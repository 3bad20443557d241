import { endOfString, huffmanTree, staticTable, type Field } from './hpack-tables.js';

/** What a header block is not: the connection cannot go on, since both ends would disagree on the table (RFC 9113 §4.3). */
export class HpackError extends Error {
  constructor(
    message: string,
    /** It is well formed, and more than is taken. */
    readonly isExcess = false,
  ) {
    super(message);
  }
}

/** Octets of the table, as both ends have it unless told (RFC 9113 §6.5.2); we tell nothing. */
const tableOctets = 4_096;
/** Each entry counts as its strings and 32 (RFC 7541 §4.1). */
const entryOctets = 32;

/** Reads header blocks of one connection (RFC 7541). Strings are in Latin-1. */
export class HpackDecoder {
  /** The newest is last. */
  private readonly entries: Field[] = [];
  private octets = 0;
  private limit = tableOctets;
  private block: Uint8Array = new Uint8Array();
  private at = 0;
  private end = 0;
  private scratch = Buffer.allocUnsafeSlow(1_024);

  /** @param mostOctets of all names and values, 32 more for each; more is an HpackError, like all else that is not well formed */
  decode(
    block: Uint8Array,
    start: number,
    end: number,
    mostOctets: number,
    field: (name: string, value: string) => void,
  ) {
    this.block = block;
    this.at = start;
    this.end = end;
    let left = mostOctets;
    let begun = false;
    while (this.at < this.end) {
      const first = block[this.at]!;
      if (first >= 0x20 && first < 0x40) {
        if (begun) throw new HpackError('the size of the table changes in the middle');
        this.resize(this.integer(5));
        continue;
      }
      begun = true;
      const read = first >= 0x80 ? this.indexed(this.integer(7)) : this.literal(first >= 0x40);
      left -= read.name.length + read.value.length + entryOctets;
      if (left < 0) throw new HpackError('too many headers', true);
      field(read.name, read.value);
    }
  }

  private literal(isAdded: boolean): Field {
    const index = this.integer(isAdded ? 6 : 4);
    const name = index === 0 ? this.string() : this.indexed(index).name;
    const read = { name, value: this.string() };
    if (isAdded) this.add(read);
    return read;
  }

  private indexed(index: number): Field {
    const found =
      index < staticTable.length
        ? staticTable[index]
        : this.entries[this.entries.length - 1 - (index - staticTable.length)];
    if (index === 0 || !found) throw new HpackError('no such entry');
    return found;
  }

  private add(read: Field): void {
    this.entries.push(read);
    this.octets += sizeOf(read);
    this.evict();
  }

  private resize(limit: number): void {
    if (limit > tableOctets) throw new HpackError('the table is larger than allowed');
    this.limit = limit;
    this.evict();
  }

  private evict(): void {
    while (this.octets > this.limit) this.octets -= sizeOf(this.entries.shift()!);
  }

  /** RFC 7541 §5.1; three octets more are plenty for anything that may come. */
  private integer(prefix: number): number {
    const mask = (1 << prefix) - 1;
    let value = this.octet() & mask;
    if (value < mask) return value;
    for (let shift = 0; shift <= 14; shift += 7) {
      const octet = this.octet();
      value += (octet & 0x7f) << shift;
      if (octet < 0x80) return value;
    }
    throw new HpackError('a number too large');
  }

  private octet(): number {
    if (this.at >= this.end) throw new HpackError('cut short');
    return this.block[this.at++]!;
  }

  private string(): string {
    const isCoded = this.at < this.end && this.block[this.at]! >= 0x80;
    const length = this.integer(7);
    const start = this.at;
    if (start + length > this.end) throw new HpackError('cut short');
    this.at = start + length;
    if (isCoded) return this.decoded(start, this.at);
    return Buffer.from(this.block.buffer, this.block.byteOffset + start, length).toString('latin1');
  }

  /** RFC 7541 §5.2: what is left of the last octet is less than eight bits, all 1. */
  private decoded(start: number, end: number): string {
    // The shortest code has five bits.
    const most = Math.ceil(((end - start) * 8) / 5);
    if (most > this.scratch.length) this.scratch = Buffer.allocUnsafeSlow(2 * most);
    const { scratch, block } = this;
    let length = 0;
    let node = 0;
    let depth = 0;
    let ones = true;
    for (let at = start; at < end; at++) {
      const octet = block[at]!;
      for (let bit = 7; bit >= 0; bit--) {
        const one = (octet >>> bit) & 1;
        const next = huffmanTree[2 * node + one]!;
        depth += 1;
        if (one === 0) ones = false;
        if (next > 0) {
          node = next;
          continue;
        }
        const symbol = -1 - next;
        if (symbol === endOfString) throw new HpackError('an end in the middle');
        scratch[length++] = symbol;
        node = depth = 0;
        ones = true;
      }
    }
    if (depth > 7 || !ones) throw new HpackError('a code cut short');
    return scratch.toString('latin1', 0, length);
  }
}

const sizeOf = ({ name, value }: Field): number => name.length + value.length + entryOctets;
