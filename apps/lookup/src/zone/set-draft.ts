import { RRType } from '@callbook/dns';
import { maximumRecords, maximumSetOctets, maximumSignatures } from './node-layout.js';
import { ZoneError } from './zone-error.js';

/** Octets of a record before its rdata: pointer to the question, type, class, TTL, RDLENGTH. */
export const recordHead = 12;
const typeAt = 2;
export const ttlAt = 6;
const lengthAt = 10;

/** Records as they are answered, one after the other, in a buffer that grows. */
class Records {
  octets = new Uint8Array(256);
  length = 0;
  count = 0;

  clear(): void {
    this.length = this.count = 0;
  }

  append(type: number, ttl: number, rdata: Uint8Array, start: number, end: number): void {
    const size = recordHead + end - start;
    const at = this.room(size);
    const { octets } = this;
    octets[at] = 0xc0;
    octets[at + 1] = 0x0c;
    writeU16(octets, at + typeAt, type);
    writeU16(octets, at + 4, 1);
    writeU32(octets, at + ttlAt, ttl);
    writeU16(octets, at + lengthAt, end - start);
    for (let index = start; index < end; index += 1) octets[at + recordHead + index - start] = rdata[index];
    this.count += 1;
  }

  copy(from: Uint8Array, start: number, end: number, count: number): void {
    const at = this.room(end - start);
    this.octets.set(from.subarray(start, end), at);
    this.count += count;
  }

  /** Offset of the record with this rdata, or -1. */
  find(rdata: Uint8Array, start: number, end: number): number {
    const { octets } = this;
    for (let at = 0; at < this.length; at += this.sizeAt(at)) {
      if (this.sizeAt(at) !== recordHead + end - start) continue;
      let index = start;
      while (index < end && octets[at + recordHead + index - start] === rdata[index]) index += 1;
      if (index === end) return at;
    }
    return -1;
  }

  remove(at: number): void {
    const size = this.sizeAt(at);
    this.octets.copyWithin(at, at + size, this.length);
    this.length -= size;
    this.count -= 1;
  }

  setTtl(ttl: number): void {
    for (let at = 0; at < this.length; at += this.sizeAt(at)) writeU32(this.octets, at + ttlAt, ttl);
  }

  private sizeAt(at: number): number {
    return recordHead + (this.octets[at + lengthAt] << 8) + this.octets[at + lengthAt + 1];
  }

  private room(size: number): number {
    const at = this.length;
    this.length += size;
    if (this.length > this.octets.length) {
      const larger = new Uint8Array(Math.max(this.length, 2 * this.octets.length));
      larger.set(this.octets.subarray(0, at));
      this.octets = larger;
    }
    return at;
  }
}

/** A set and the signatures that cover it, while a node is being worked out. */
export class SetDraft {
  type = 0;
  ttl = 0;
  readonly plain = new Records();
  readonly signatures = new Records();

  clear(type: number): this {
    this.type = type;
    this.ttl = 0;
    this.plain.clear();
    this.signatures.clear();
    return this;
  }

  get octets(): number {
    return this.plain.length + this.signatures.length;
  }

  /** @returns false when it is there already */
  add(type: number, ttl: number, rdata: Uint8Array, start: number, end: number): boolean {
    const records = this.recordsOf(type);
    if (records.find(rdata, start, end) >= 0) return false;
    if (records === this.plain) {
      // All records of a set have one TTL (RFC 2181 §5.2): that of the one that came last.
      if (this.plain.count > 0 && ttl !== this.ttl) this.plain.setTtl(ttl);
      this.ttl = ttl;
    }
    records.append(type, ttl, rdata, start, end);
    this.checkSize();
    return true;
  }

  /** The lowest TTL of those that are there and this one. */
  lowestTtl(ttl: number): number {
    return this.plain.count > 0 ? Math.min(ttl, this.ttl) : ttl;
  }

  /** @returns false when it is not there */
  remove(type: number, rdata: Uint8Array, start: number, end: number): boolean {
    const records = this.recordsOf(type);
    const at = records.find(rdata, start, end);
    if (at < 0) return false;
    records.remove(at);
    return true;
  }

  private recordsOf(type: number): Records {
    return type === RRType.RRSIG ? this.signatures : this.plain;
  }

  private checkSize(): void {
    if (
      this.plain.count > maximumRecords ||
      this.signatures.count > maximumSignatures ||
      this.octets > maximumSetOctets
    )
      throw new ZoneError('a set is larger than any answer');
  }
}

/** A signature lies with the set that it covers. */
export const setTypeOf = (type: number, rdata: Uint8Array, start: number, end: number): number =>
  type === RRType.RRSIG && end - start > 1 ? (rdata[start] << 8) | rdata[start + 1] : type;

function writeU16(octets: Uint8Array, at: number, value: number): void {
  octets[at] = value >>> 8;
  octets[at + 1] = value;
}

function writeU32(octets: Uint8Array, at: number, value: number): void {
  octets[at] = value >>> 24;
  octets[at + 1] = value >>> 16;
  octets[at + 2] = value >>> 8;
  octets[at + 3] = value;
}
