import { DnsError } from './errors.js';
import type { Name } from './name.js';

/** What happens to names: written as they are, lower-cased (canonical form), or compressed. */
export type NameForm = 'plain' | 'lower' | 'compressed';

/** The last offset that a compression pointer can hold. */
const POINTER_LIMIT = 0x4000;

/** Appends octets to a buffer that grows. A message writer is kept and reset, so that a packet costs one copy at the end. */
export class Writer {
  octets: Uint8Array;
  at = 0;
  names: NameForm;
  /** Lower-cased wire form of every suffix written so far → its offset. */
  private readonly suffixes = new Map<string, number>();

  constructor(size = 256, names: NameForm = 'plain') {
    this.octets = new Uint8Array(size);
    this.names = names;
  }

  reset(): void {
    this.at = 0;
    this.suffixes.clear();
  }

  u8(value: number): void {
    const at = this.grow(1);
    this.octets[at] = value;
  }

  u16(value: number): void {
    const at = this.grow(2);
    this.octets[at] = value >>> 8;
    this.octets[at + 1] = value;
  }

  u32(value: number): void {
    const at = this.grow(4);
    this.octets[at] = value >>> 24;
    this.octets[at + 1] = value >>> 16;
    this.octets[at + 2] = value >>> 8;
    this.octets[at + 3] = value;
  }

  bytes(value: Uint8Array): void {
    const at = this.grow(value.length);
    this.octets.set(value, at);
  }

  name(name: Name): void {
    if (this.names === 'compressed') this.compressedName(name);
    else this.bytes(this.names === 'lower' ? name.lower().wire : name.wire);
  }

  /** Runs `write` and puts the count of octets it wrote before them, in 16 bits. */
  lengthPrefixed(write: () => void): void {
    const start = this.grow(2);
    write();
    const length = this.at - start - 2;
    if (length > 0xffff) throw new DnsError('VALUE_OUT_OF_RANGE', `rdata of ${length} octets, over 65535`);
    this.octets[start] = length >>> 8;
    this.octets[start + 1] = length;
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.octets.slice(0, this.at);
  }

  /**
   * Suffixes are looked up without regard to case (RFC 4343 §4.1 allows it, and a client that mixes case to guard against spoofing gets its own
   * spelling back in the answer).
   */
  private compressedName(name: Name): void {
    const { wire, key } = name;
    for (let start = 0; wire[start] !== 0; start += wire[start]! + 1) {
      const suffix = start === 0 ? key : key.slice(start);
      const offset = this.suffixes.get(suffix);
      if (offset !== undefined) {
        this.u16(0xc000 | offset);
        return;
      }
      if (this.at < POINTER_LIMIT) this.suffixes.set(suffix, this.at);
      this.label(wire, start);
    }
    this.u8(0);
  }

  private label(wire: Uint8Array, start: number): void {
    const size = wire[start]! + 1;
    const at = this.grow(size);
    for (let index = 0; index < size; index += 1) this.octets[at + index] = wire[start + index]!;
  }

  private grow(count: number): number {
    const { at } = this;
    const end = at + count;
    if (end > this.octets.length) {
      const larger = new Uint8Array(Math.max(end, this.octets.length * 2));
      larger.set(this.octets.subarray(0, at));
      this.octets = larger;
    }
    this.at = end;
    return at;
  }
}
