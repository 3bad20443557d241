import type { Message, Name, RR } from '@callbook/dns';
import { ourUdpSize } from './exchange.js';

/**
 * Octets of records in one message: as far as compression pointers reach (RFC 1035 §4.1.4), and far under 65,535, so that TSIG fits too.
 */
const messageOctets = 16_000;
const headerOctets = 12;
const recordOctets = 10;
const optOctets = 11;
const pointerTo = 0xc000;

/**
 * Records as the messages of a zone transfer (RFC 5936 §2.2), made one by one as they are taken. All of them repeat the question.
 *
 * Owner names end in a pointer to the apex, or are one to the owner before; nothing else is compressed, and no name changes its case
 * (RFC 5936 §3.4).
 */
export function* transferMessages(query: Message, apex: Name, records: Iterable<RR>): Generator<Uint8Array> {
  let message = new TransferMessage(query, apex);
  for (const record of records) {
    if (!message.add(record)) {
      yield message.finish();
      message = new TransferMessage(query, apex);
      message.add(record);
    }
  }
  yield message.finish();
}

class TransferMessage {
  private octets: Buffer;
  private at: number;
  private answers = 0;
  private apexAt: number | undefined;
  private owner: Name | undefined;
  private ownerAt = 0;

  constructor(
    private readonly query: Message,
    private readonly apex: Name,
  ) {
    this.octets = Buffer.allocUnsafe(messageOctets + 512);
    const { name, type, class: questionClass } = query.questions[0]!;
    this.octets.fill(0, 0, headerOctets);
    this.octets.set(name.wire, headerOctets);
    this.at = headerOctets + name.wire.length;
    this.u16(type);
    this.u16(questionClass);
    if (sameOctets(name.wire, 0, apex.wire)) this.apexAt = headerOctets;
  }

  /** False when the record belongs into the next message. One alone is always taken. */
  add({ name, type, class: recordClass, ttl, rdata }: RR): boolean {
    const most = name.wire.length + recordOctets + rdata.length;
    if (this.at + most > messageOctets && this.answers > 0) return false;
    this.reserve(most + optOctets);
    this.ownerName(name);
    this.u16(type);
    this.u16(recordClass);
    this.octets.writeUInt32BE(ttl >>> 0, this.at);
    this.at += 4;
    this.u16(rdata.length);
    this.octets.set(rdata, this.at);
    this.at += rdata.length;
    this.answers += 1;
    return true;
  }

  finish(): Uint8Array {
    const { query, octets } = this;
    octets.writeUInt16BE(query.id, 0);
    octets.writeUInt16BE(0x8400 | (query.recursionDesired ? 0x0100 : 0) | (query.checkingDisabled ? 0x0010 : 0), 2);
    octets.writeUInt16BE(1, 4);
    octets.writeUInt16BE(this.answers, 6);
    if (query.edns) this.opt(query.edns.dnssecOk);
    return octets.subarray(0, this.at);
  }

  private opt(dnssecOk: boolean): void {
    this.octets.writeUInt16BE(1, 10);
    this.reserve(optOctets);
    this.octets.fill(0, this.at, this.at + optOctets);
    this.octets.writeUInt16BE(41, this.at + 1);
    this.octets.writeUInt16BE(ourUdpSize, this.at + 3);
    if (dnssecOk) this.octets[this.at + 7] = 0x80;
    this.at += optOctets;
  }

  private ownerName(name: Name): void {
    if (this.owner && (this.owner === name || sameOctets(this.owner.wire, 0, name.wire))) {
      this.u16(pointerTo | this.ownerAt);
      return;
    }
    this.owner = name;
    this.ownerAt = this.at;
    const before = name.wire.length - this.apex.wire.length;
    if (this.apexAt === undefined || !this.isBelowApex(name, before)) {
      this.octets.set(name.wire, this.at);
      if (before === 0 && this.isBelowApex(name, 0)) this.apexAt = this.at;
      this.at += name.wire.length;
      return;
    }
    this.octets.set(name.wire.subarray(0, before), this.at);
    this.at += before;
    this.u16(pointerTo | this.apexAt);
    if (before === 0) this.ownerAt = this.apexAt;
  }

  /** Its last labels are those of the apex, octet by octet. @param before octets in front of them */
  private isBelowApex({ wire }: Name, before: number): boolean {
    let at = 0;
    while (at < before) at += wire[at]! + 1;
    return at === before && sameOctets(wire, before, this.apex.wire);
  }

  private reserve(octets: number): void {
    if (this.at + octets <= this.octets.length) return;
    this.octets = Buffer.concat([this.octets.subarray(0, this.at), Buffer.allocUnsafe(octets)]);
  }

  private u16(value: number): void {
    this.octets[this.at] = value >>> 8;
    this.octets[this.at + 1] = value;
    this.at += 2;
  }
}

function sameOctets(octets: Uint8Array, start: number, other: Uint8Array): boolean {
  if (octets.length - start !== other.length) return false;
  for (let at = 0; at < other.length; at += 1) if (octets[start + at] !== other[at]) return false;
  return true;
}
