import type { StoredSet } from '../zone/zone-view.js';
import { sameOctets } from './name-octets.js';
import { copyOctets, KnownMemory, LastMemory, wordsOf } from './octet-copy.js';
import { headerOctets, type Query } from './query.js';

export const section = { answer: 0, authority: 1, additional: 2 } as const;
export type Section = (typeof section)[keyof typeof section];

/** What a compression pointer can say (RFC 1035 §4.1.4). */
export const furthestPointer = 0x3fff;

/** Offset of the name asked for in every message that has a question. */
export const askedAt = headerOctets;

const headerBit = { response: 0x80, authoritative: 0x04, truncated: 0x02 } as const;

/** TTLs are kept as they are in the zone. */
export const ownTtl = -1;

/**
 * An answer while it is written. One serves a thread. Records come by whole sets, each with its signatures; from the first that does not fit on,
 * nothing more is written (RFC 2181 §9).
 */
export class Reply {
  octets = new Uint8Array(0) as Uint8Array;
  start = 0;
  /** Where the next octet goes. */
  at = 0;
  /** Where it must end, and where its records must, so that what belongs behind them has room. */
  end = 0;
  recordsEnd = 0;
  rcode = 0;
  authoritative = false;
  truncated = false;
  /** Extended error (RFC 8914), -1: none. */
  error = -1;
  hasQuestion = false;
  answers = 0;
  authorities = 0;
  additionals = 0;
  /** Offset in the message of the set that was written last, for those who point into it. */
  lastSet = 0;

  private words = wordsOf(this.octets);
  private readonly sources = new KnownMemory();
  private readonly queries = new LastMemory();

  begin(query: Query, octets: Uint8Array, start: number): void {
    if (octets !== this.octets) {
      this.octets = octets;
      this.words = wordsOf(octets);
    }
    this.start = start;
    this.rcode = 0;
    this.error = -1;
    this.authoritative = this.truncated = false;
    this.answers = this.authorities = this.additionals = 0;
    this.at = start + headerOctets;
    // More questions than one are refused (RFC 9619) and not sent back: what goes out would be larger than its client takes.
    this.hasQuestion = query.questionCount === 1 && query.nameLength > 0;
    if (!this.hasQuestion) return;
    const { octets: from, start: queryStart, questionEnd } = query;
    const words = this.queries.wordsIfAgain(from);
    if (words) this.at = copyOctets(from, words, queryStart + headerOctets, questionEnd, octets, this.words, this.at);
    else for (let index = queryStart + headerOctets; index < questionEnd; index += 1) octets[this.at++] = from[index]!;
  }

  /** Writes the header: all sections are there. */
  finish(query: Query): void {
    const { octets, start } = this;
    const asked = query.octets;
    octets[start] = asked[query.start]!;
    octets[start + 1] = asked[query.start + 1]!;
    // Opcode and RD come back as they came. AD and CD are for those who validate (RFC 4035 §3.1.6), RA for those who recurse.
    octets[start + 2] =
      headerBit.response |
      (asked[query.start + 2]! & 0x79) |
      (this.authoritative ? headerBit.authoritative : 0) |
      (this.truncated ? headerBit.truncated : 0);
    octets[start + 3] = this.rcode & 15;
    octets[start + 4] = 0;
    octets[start + 5] = this.hasQuestion ? 1 : 0;
    octets[start + 6] = this.answers >> 8;
    octets[start + 7] = this.answers;
    octets[start + 8] = this.authorities >> 8;
    octets[start + 9] = this.authorities;
    octets[start + 10] = this.additionals >> 8;
    octets[start + 11] = this.additionals;
  }

  /** Whatever was written of records goes again. */
  withoutRecords(query: Query): void {
    this.answers = this.authorities = this.additionals = 0;
    this.at = this.start + headerOctets + (this.hasQuestion ? query.questionEnd - query.start - headerOctets : 0);
  }

  /**
   * Writes a set whose owner lies at the offset `owner` of the message. False where it does not fit: then the answer is cut off, unless only
   * additionals are missing.
   *
   * @param ttl for all its records, or `ownTtl`
   */
  put(to: Section, set: StoredSet, owner: number, signed: boolean, ttl: number): boolean {
    const end = signed ? set.end : set.plainEnd;
    if (!this.hasRoom(to, end - set.start)) return false;
    const first = this.at;
    this.copy(set.octets, set.start, end);
    if (owner !== askedAt) this.pointOwners(first, owner);
    if (ttl !== ownTtl) this.setTtls(first, ttl);
    this.count(to, set.count + (signed ? set.signatureCount : 0));
    this.lastSet = first - this.start;
    return true;
  }

  /** As `put`, for an owner that need not be in the message: all of it that the name asked for does not end in is written once. */
  putNamed(
    to: Section,
    set: StoredSet,
    query: Query,
    name: Uint8Array,
    nameStart: number,
    nameEnd: number,
    signed: boolean,
    ttl: number,
  ): boolean {
    const shared = sharedSuffix(query, name, nameStart, nameEnd);
    const pointer = askedAt + query.nameLength - (nameEnd - shared);
    if (shared === nameStart) return this.put(to, set, pointer, signed, ttl);
    const end = signed ? set.end : set.plainEnd;
    const tail = shared === nameEnd - 1 ? 1 : 2;
    const ownerOctets = shared - nameStart + tail;
    if (!this.hasRoom(to, end - set.start - 2 + ownerOctets)) return false;
    const owner = this.at - this.start;
    this.copy(name, nameStart, shared);
    if (tail === 1) this.octets[this.at++] = 0;
    else this.putPointer(pointer);
    const first = this.at - 2;
    // The first owner stands already; its pointer in the set is where the name has just ended.
    const [high, low] = [this.octets[first]!, this.octets[first + 1]!];
    this.at = first;
    this.copy(set.octets, set.start, end);
    if (owner <= furthestPointer) this.pointOwners(first, owner);
    this.octets[first] = high;
    this.octets[first + 1] = low;
    if (ttl !== ownTtl) this.setTtls(first, ttl);
    this.count(to, set.count + (signed ? set.signatureCount : 0));
    this.lastSet = first - this.start;
    return true;
  }

  /** Only the signatures of a set (for those who ask for RRSIG). */
  putSignatures(to: Section, set: StoredSet, owner: number): boolean {
    if (!this.hasRoom(to, set.end - set.plainEnd)) return false;
    const first = this.at;
    this.copy(set.octets, set.plainEnd, set.end);
    if (owner !== askedAt) this.pointOwners(first, owner);
    this.count(to, set.signatureCount);
    return true;
  }

  hasRoom(to: Section, octets: number): boolean {
    if (!this.truncated && this.at + octets <= this.recordsEnd) return true;
    if (to !== section.additional) this.truncated = true;
    return false;
  }

  count(to: Section, records: number): void {
    if (to === section.answer) this.answers += records;
    else if (to === section.authority) this.authorities += records;
    else this.additionals += records;
  }

  putPointer(offset: number): void {
    this.octets[this.at++] = 0xc0 | (offset >> 8);
    this.octets[this.at++] = offset;
  }

  u16(value: number): void {
    this.octets[this.at++] = value >> 8;
    this.octets[this.at++] = value;
  }

  u32(value: number): void {
    this.u16(value >>> 16);
    this.u16(value & 0xffff);
  }

  copy(from: Uint8Array, start: number, end: number): void {
    this.at = copyOctets(from, this.sources.words(from), start, end, this.octets, this.words, this.at);
  }

  private pointOwners(first: number, owner: number): void {
    const { octets, at: end } = this;
    for (let at = first; at < end; at += 12 + ((octets[at + 10]! << 8) | octets[at + 11]!)) {
      octets[at] = 0xc0 | (owner >> 8);
      octets[at + 1] = owner;
    }
  }

  private setTtls(first: number, ttl: number): void {
    const { octets, at: end } = this;
    for (let at = first; at < end; at += 12 + ((octets[at + 10]! << 8) | octets[at + 11]!)) {
      octets[at + 6] = ttl >>> 24;
      octets[at + 7] = ttl >>> 16;
      octets[at + 8] = ttl >>> 8;
      octets[at + 9] = ttl;
    }
  }
}

/** Where the longest part of a name begins that the name asked for ends in; its last octet where that is but the root. */
function sharedSuffix(query: Query, name: Uint8Array, start: number, end: number): number {
  const { names: asked, nameLength } = query;
  let at = start;
  let askedLabel = 0;
  while (at < end - 1) {
    const [left, askedLeft] = [end - at, nameLength - askedLabel];
    if (left === askedLeft && sameOctets(name, at, asked, askedLabel, left)) return at;
    if (left >= askedLeft) at += name[at]! + 1;
    else askedLabel += asked[askedLabel]! + 1;
  }
  return end - 1;
}
