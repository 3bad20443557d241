import { DnsError } from './errors.js';
import type { Name } from './name.js';
import { Reader } from './reader.js';
import { RRClass, RRType } from './type-codes.js';
import { Writer } from './writer.js';

/** The TSIG record of a message (RFC 8945 §4.2). Times in seconds, 48 bits; `fudge` in seconds. */
export interface TsigRecord {
  /** Of the key, in the case in which it came. */
  readonly name: Name;
  readonly algorithm: Name;
  readonly timeSigned: number;
  readonly fudge: number;
  readonly mac: Uint8Array;
  readonly originalId: number;
  /** 0, or why the request was not accepted: 16 BADSIG, 17 BADKEY, 18 BADTIME, 22 BADTRUNC. */
  readonly error: number;
  readonly other: Uint8Array;
}

const headerSize = 12;
/** There is no TSIG record; what is malformed otherwise is for others to say. */
export const noTsig = -1;
/** A TSIG record stands where none may: not last, or not among the additionals (RFC 8945 §5.1). */
export const misplacedTsig = -2;

/**
 * Where the TSIG record of the message in `octets[start, end)` begins, or one of the above. Makes no object: every packet may be asked.
 */
export function tsigOffset(octets: Uint8Array, start = 0, end = octets.length): number {
  if (end - start < headerSize) return noTsig;
  const additionals = u16(octets, start + 10);
  const records = u16(octets, start + 6) + u16(octets, start + 8) + additionals;
  let at = start + headerSize;
  for (let left = u16(octets, start + 4); left > 0; left -= 1) {
    at = afterName(octets, at, end) + 4;
    if (at > end || at < start + headerSize) return noTsig;
  }
  let found = noTsig;
  for (let index = 0; index < records; index += 1) {
    if (found !== noTsig) return misplacedTsig;
    const fixed = afterName(octets, at, end);
    if (fixed < 0 || fixed + 10 > end) return noTsig;
    if (u16(octets, fixed) === RRType.TSIG) {
      if (index < records - additionals) return misplacedTsig;
      found = at;
    }
    at = fixed + 10 + u16(octets, fixed + 8);
    if (at > end) return noTsig;
  }
  return at === end ? found : noTsig;
}

/** The offset behind a name, or a negative one when it runs over the end. */
function afterName(octets: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end) {
    const length = octets[at]!;
    if (length === 0) return at + 1;
    if (length >= 0xc0) return at + 2;
    at += length + 1;
  }
  return -headerSize;
}

const u16 = (octets: Uint8Array, at: number) => (octets[at]! << 8) | octets[at + 1]!;

/** @param at as `tsigOffset` found it. @throws DnsError MESSAGE_TSIG_INVALID */
export function readTsig(octets: Uint8Array, at: number): TsigRecord {
  const from = new Reader(octets, { pointers: true, code: 'MESSAGE_TSIG_INVALID' });
  from.at = at;
  const name = from.name();
  from.advance(2);
  if (from.u16() !== RRClass.ANY || from.u32() !== 0)
    throw new DnsError('MESSAGE_TSIG_INVALID', 'TSIG has a TTL or a class of its own');
  const length = from.u16();
  const end = from.at + length;
  from.end = Math.min(end, octets.length);
  const algorithm = from.name();
  const timeSigned = from.u16() * 2 ** 32 + from.u32();
  const record = {
    ...{ name, algorithm, timeSigned, fudge: from.u16(), mac: from.take(from.u16()) },
    ...{ originalId: from.u16(), error: from.u16(), other: from.take(from.u16()) },
  };
  if (from.at !== end) throw new DnsError('MESSAGE_TSIG_INVALID', 'TSIG is not filled by its fields');
  return record;
}

/** The message without the TSIG record at `at`: one additional less, and under the given id (RFC 8945 §4.3.2). A copy. */
export function withoutTsig(octets: Uint8Array, at: number, id: number): Uint8Array {
  const message = Uint8Array.from(octets.subarray(0, at));
  setU16(message, 0, id);
  setU16(message, 10, u16(message, 10) - 1);
  return message;
}

/** The message with a TSIG record behind all that is in it. A copy. */
export function withTsigRecord(message: Uint8Array, record: TsigRecord): Uint8Array {
  const to = new Writer(message.length + sizeOf(record));
  to.bytes(message);
  to.bytes(record.name.wire);
  to.u16(RRType.TSIG);
  to.u16(RRClass.ANY);
  to.u32(0);
  to.lengthPrefixed(() => {
    to.bytes(record.algorithm.lower().wire);
    writeTimers(to, record);
    to.u16(record.mac.length);
    to.bytes(record.mac);
    to.u16(record.originalId);
    to.u16(record.error);
    to.u16(record.other.length);
    to.bytes(record.other);
  });
  const octets = to.finish();
  setU16(octets, 10, u16(octets, 10) + 1);
  return octets;
}

/** What is signed of the record beside the message, names in canonical form (RFC 8945 §4.3.3). */
export function tsigVariables(record: Omit<TsigRecord, 'mac' | 'originalId'>): Uint8Array {
  const to = new Writer(64, 'lower');
  to.name(record.name);
  to.u16(RRClass.ANY);
  to.u32(0);
  to.name(record.algorithm);
  writeTimers(to, record);
  to.u16(record.error);
  to.u16(record.other.length);
  to.bytes(record.other);
  return to.finish();
}

/** What is signed of the record in the later messages of a stream (RFC 8945 §4.3.3.1 "TSIG Timers"). */
export function tsigTimers(record: Pick<TsigRecord, 'timeSigned' | 'fudge'>): Uint8Array {
  const to = new Writer(8);
  writeTimers(to, record);
  return to.finish();
}

/** A time as 48 bits, which is also what "other data" of BADTIME is. */
export function u48(value: number): Uint8Array {
  const octets = new Uint8Array(6);
  setU16(octets, 0, Math.floor(value / 2 ** 32));
  setU16(octets, 2, Math.floor(value / 2 ** 16));
  setU16(octets, 4, value);
  return octets;
}

function writeTimers(to: Writer, { timeSigned, fudge }: Pick<TsigRecord, 'timeSigned' | 'fudge'>): void {
  to.bytes(u48(timeSigned));
  to.u16(fudge);
}

/** Octets that `withTsigRecord` adds. */
export const sizeOf = ({ name, algorithm, mac, other }: Pick<TsigRecord, 'name' | 'algorithm' | 'mac' | 'other'>) =>
  name.wire.length + 10 + algorithm.wire.length + 16 + mac.length + other.length;

function setU16(octets: Uint8Array, at: number, value: number): void {
  octets[at] = value >>> 8;
  octets[at + 1] = value;
}
