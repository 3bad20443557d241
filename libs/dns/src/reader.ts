import { DnsError } from './errors.js';
import type { DnsErrorCode } from './errors.js';
import { Name } from './name.js';
import { plainOctets } from './octets.js';

const scratch = new Uint8Array(255);
const HEADER_SIZE = 12;
/** A name has at most 127 labels and needs no more pointers. Without a bound a message of 64 KB could ask for millions of steps. */
const MOST_POINTERS = 127;

/**
 * Reads octets from left to right and never beyond `end`.
 *
 * Of a message (`pointers: true`) it follows compression pointers (RFC 1035 §4.1.4). A pointer has to point before the run of labels it
 * ends, and each further one before the last, and there is a bound to their number: so a name is read in few steps, whatever was sent.
 */
export class Reader {
  readonly octets: Uint8Array;
  at: number;
  end: number;
  private readonly pointers: boolean;
  private readonly code: DnsErrorCode;
  /** The last name that was one pointer and nothing else: in most messages all owner names are the same two octets. */
  private lastTarget = -1;
  private lastName = Name.root;

  constructor(octets: Uint8Array, options: { pointers?: boolean; code?: DnsErrorCode } = {}) {
    this.octets = plainOctets(octets);
    this.at = 0;
    this.end = octets.length;
    this.pointers = options.pointers ?? false;
    this.code = options.code ?? 'RDATA_MALFORMED';
  }

  get left(): number {
    return this.end - this.at;
  }

  u8(): number {
    return this.octets[this.advance(1)]!;
  }

  u16(): number {
    const at = this.advance(2);
    return (this.octets[at]! << 8) | this.octets[at + 1]!;
  }

  u32(): number {
    const at = this.advance(4);
    const { octets } = this;
    return ((octets[at]! << 24) | (octets[at + 1]! << 16) | (octets[at + 2]! << 8) | octets[at + 3]!) >>> 0;
  }

  /** A copy, so that what was read outlives the buffer it was read from. */
  take(count: number): Uint8Array {
    const at = this.advance(count);
    return this.octets.slice(at, at + count);
  }

  /** Moves on by `count` octets. @returns where they start. */
  advance(count: number): number {
    const { at } = this;
    if (count > this.end - at) throw new DnsError(this.code, 'octets end too early');
    this.at = at + count;
    return at;
  }

  name(): Name {
    const { octets } = this;
    let { at, end } = this;
    let runStart = at;
    let after = -1; // where the reader goes on: set by the first pointer
    let onlyTarget = -1;
    let size = 0;
    let pointers = 0;
    for (;;) {
      if (at >= end) throw new DnsError(this.code, 'a name runs over the end of its octets');
      const length = octets[at]!;
      if (length >= 0xc0) {
        const target = this.pointerAt(at, end, runStart);
        if (after < 0) {
          after = at + 2;
          if (size === 0) {
            if (target === this.lastTarget) {
              this.at = after;
              return this.lastName;
            }
            onlyTarget = target;
          }
        }
        pointers += 1;
        if (pointers > MOST_POINTERS)
          throw new DnsError('MESSAGE_POINTER_INVALID', 'a name has too many compression pointers');
        end = octets.length; // The bound of one rdata does not hold for what stands before it.
        at = runStart = target;
        continue;
      }
      if (length > 63) throw new DnsError(this.code, 'a label has an unknown type');
      if (at + length + 1 > end) throw new DnsError(this.code, 'a label runs over the end of its octets');
      if (size + length + 1 > 255) throw new DnsError(this.code, 'a name is longer than 255 octets');
      for (let index = at; index <= at + length; index += 1) scratch[size++] = octets[index]!;
      at += length + 1;
      if (length === 0) break;
    }
    this.at = after < 0 ? at : after;
    const name = Name.ofCheckedWire(scratch.slice(0, size));
    if (onlyTarget >= 0) {
      this.lastTarget = onlyTarget;
      this.lastName = name;
    }
    return name;
  }

  /** Lets names that are a pointer to `offset` share `name` instead of being read again. */
  remember(offset: number, name: Name): void {
    this.lastTarget = offset;
    this.lastName = name;
  }

  private pointerAt(at: number, end: number, runStart: number): number {
    if (!this.pointers) throw new DnsError(this.code, 'a name that must not be compressed has a pointer');
    if (at + 2 > end) throw new DnsError(this.code, 'a compression pointer runs over the end');
    const target = ((this.octets[at]! & 0x3f) << 8) | this.octets[at + 1]!;
    if (target >= runStart) {
      throw new DnsError('MESSAGE_POINTER_INVALID', 'a compression pointer does not point backwards');
    }
    if (target < HEADER_SIZE)
      throw new DnsError('MESSAGE_POINTER_INVALID', 'a compression pointer points into the header');
    return target;
  }
}
