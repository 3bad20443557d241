import { decodeMessage, DnsError, RRType } from '@callbook/dns';
import { EdnsQuery } from './edns-query.js';
import { skipName } from './name-octets.js';

/** RFC 1035 §4.1.1 */
export const headerOctets = 12;

/** A name in wire form has at most 255 octets (RFC 1035 §2.3.4). */
export const nameRoom = 256;

/** Aliases that are followed in one answer. More serve only to make others work; who asks can go on from there. */
export const mostAliases = 17;

/** Records that a query may carry beside OPT: IXFR has a SOA, a signed one a TSIG. More are only there to be read. */
const mostOtherRecords = 8;

/**
 * A query as it lies in a packet. One serves a thread and is read anew for each packet: nothing is made for one.
 *
 * Taken for what it is by the same rules as `decodeMessage` of libs/dns, without its objects.
 */
export class Query {
  octets = new Uint8Array(0) as Uint8Array;
  start = 0;
  end = 0;
  questionCount = 0;
  /** Behind the question, where there is one and no more; else behind the header. */
  questionEnd = 0;
  type = 0;
  class = 0;
  /** The name asked for, lower-cased; what it turns out to stand for comes behind it, `nameRoom` octets each. */
  readonly names = new Uint8Array(nameRoom * (mostAliases + 1));
  nameLength = 0;
  readonly edns = new EdnsQuery();

  get opcode(): number {
    return (this.octets[this.start + 2]! >> 3) & 15;
  }

  /** False where it is malformed, and then nothing of it is known but its header, which must be there. */
  read(octets: Uint8Array, start: number, end: number): boolean {
    if (this.readWhole(octets, start, end)) return true;
    this.questionCount = 0;
    this.edns.begin();
    return false;
  }

  private readWhole(octets: Uint8Array, start: number, end: number): boolean {
    this.octets = octets;
    this.start = start;
    this.end = end;
    this.questionEnd = start + headerOctets;
    this.nameLength = 0;
    this.type = this.class = 0;
    this.questionCount = this.u16(start + 4);
    this.edns.begin();
    const at = this.questionCount === 1 ? this.readQuestion(start + headerOctets) : this.skipQuestions();
    if (at < 0) return false;
    const additionals = this.u16(start + 10);
    const others = this.u16(start + 6) + this.u16(start + 8);
    if (others === 0 && additionals === 0) return at === end;
    // What nearly all clients send: OPT and nothing else.
    if (others === 0 && additionals === 1 && end - at > 2 && octets[at] === 0 && this.u16(at + 1) === RRType.OPT)
      return this.edns.read(octets, at + 3, end) === end;
    return this.readRecords(at, others, additionals);
  }

  private readQuestion(from: number): number {
    const { octets, end, names } = this;
    let at = from;
    let length = 0;
    for (;;) {
      if (at >= end) return -1;
      const label = octets[at]!;
      // Pointers lead backwards, and before the first name there is none.
      if (label > 63 || length + label + 1 > 255 || at + label >= end) return -1;
      names[length++] = label;
      at += 1;
      if (label === 0) break;
      for (const stop = at + label; at < stop; at += 1) {
        const octet = octets[at]!;
        names[length++] = octet >= 0x41 && octet <= 0x5a ? octet | 0x20 : octet;
      }
    }
    if (at + 4 > end) return -1;
    this.nameLength = length;
    this.type = this.u16(at);
    this.class = this.u16(at + 2);
    this.questionEnd = at + 4;
    return at + 4;
  }

  private skipQuestions(): number {
    let at = this.start + headerOctets;
    for (let count = this.questionCount; count > 0; count -= 1) {
      at = skipName(this.octets, this.start, at, this.end);
      if (at < 0 || at + 4 > this.end) return -1;
      at += 4;
    }
    return at;
  }

  private readRecords(from: number, others: number, additionals: number): boolean {
    const { octets, start, end, edns } = this;
    if (others + additionals > mostOtherRecords + 1) return false;
    let at = from;
    for (let index = 0; index < others + additionals; index += 1) {
      const owner = at;
      at = skipName(octets, start, at, end);
      if (at < 0 || at + 10 > end) return false;
      if (this.u16(at) === RRType.OPT) {
        if (edns.present || index < others || at - owner !== 1) return false;
        at = edns.read(octets, at + 2, end);
        if (at < 0) return false;
      } else {
        at += 10 + this.u16(at + 8);
        if (at > end) return false;
      }
    }
    return at === end && this.decodes();
  }

  /** What stands in the other records is looked at by whoever can read them all. Rare, and there are not many of them. */
  private decodes(): boolean {
    try {
      decodeMessage(this.octets.subarray(this.start, this.end));
      return true;
    } catch (error) {
      if (!(error instanceof DnsError)) throw error;
      return false;
    }
  }

  private u16(at: number): number {
    return (this.octets[at]! << 8) | this.octets[at + 1]!;
  }
}
