import { optSize, writeOpt } from './edns.js';
import { DnsError } from './errors.js';
import { flag } from './message.js';
import type { Message } from './message.js';
import { rdataTypes } from './rdata-types.js';
import { Reader } from './reader.js';
import { coveredType } from './rr.js';
import type { RR } from './rr.js';
import { Writer } from './writer.js';

const HEADER_SIZE = 12;
const LARGEST_MESSAGE = 65535;

/** Kept between calls, so that a message costs one copy of its size. */
const to = new Writer(4096, 'compressed');

/**
 * Writes a message. Owner names, and names in rdata of the types of RFC 1035, are compressed, no others (RFC 3597 §4).
 *
 * Over `limit` octets whole RRsets are left out from the end (RFC 2181 §9), each together with the RRSIGs right behind it. TC is set
 * unless all that is missing are additionals. OPT always stays.
 *
 * @throws DnsError MESSAGE_TOO_LONG when not even questions and OPT fit; VALUE_OUT_OF_RANGE for header fields that do not fit their bits
 *   or an rcode over 15 without EDNS; RDATA_MALFORMED.
 */
export function encodeMessage(message: Message, limit = LARGEST_MESSAGE): Uint8Array {
  checkHeader(message);
  const { edns } = message;
  const room = Math.min(limit, LARGEST_MESSAGE) - (edns ? optSize(edns) : 0);
  to.reset();
  to.at = HEADER_SIZE;

  for (const { name, type, class: questionClass } of message.questions) {
    to.name(name);
    to.u16(type);
    to.u16(questionClass);
  }
  if (to.at > room) throw new DnsError('MESSAGE_TOO_LONG', `question and OPT do not fit into ${limit} octets`);

  const answers = writeRecords(message.answers, room);
  const isAnswered = answers === message.answers.length;
  const authorities = isAnswered ? writeRecords(message.authorities, room) : 0;
  const isComplete = isAnswered && authorities === message.authorities.length;
  // OPT comes before the other additionals, since a TSIG has to be the last of all (RFC 8945 §5.1).
  if (edns) writeOpt(to, edns, message.rcode);
  const additionals = isComplete ? writeRecords(message.additionals, room + (edns ? optSize(edns) : 0)) : 0;

  const end = to.at;
  to.at = 0;
  to.u16(message.id);
  to.u16(flagsOf(message) | (isComplete ? 0 : flag.truncated));
  to.u16(message.questions.length);
  to.u16(answers);
  to.u16(authorities);
  to.u16(additionals + (edns ? 1 : 0));
  to.at = end;
  return to.finish();
}

/** Writes records until a set goes beyond `room`, and takes that set back. @returns how many records were written. */
function writeRecords(records: readonly RR[], room: number): number {
  let setStart = 0;
  let setOffset = to.at;
  for (const [index, record] of records.entries()) {
    if (index > 0 && !belongsTo(record, records[index - 1]!)) {
      setStart = index;
      setOffset = to.at;
    }
    writeRecord(record);
    if (to.at > room) {
      // Names remembered beyond this offset stay in the writer, but nothing that could point to them is written any more.
      to.at = setOffset;
      return setStart;
    }
  }
  return records.length;
}

/** Whether a record goes on the set of the one before it: same set, or a signature over it. */
function belongsTo(record: RR, previous: RR): boolean {
  if (record.class !== previous.class || !record.name.equals(previous.name)) return false;
  const covered = coveredType(record);
  const previousCovered = coveredType(previous);
  if (record.type === previous.type) return covered === previousCovered;
  return covered === previous.type;
}

function writeRecord({ name, type, class: rrClass, ttl, rdata }: RR): void {
  to.name(name);
  to.u16(type);
  to.u16(rrClass);
  to.u32(ttl);
  const codec = rdataTypes.get(type);
  if (codec?.names === 'compressible' && rdata.length > 0) {
    to.lengthPrefixed(() => codec.copy(new Reader(rdata), to));
    return;
  }
  if (rdata.length > 0xffff) throw new DnsError('VALUE_OUT_OF_RANGE', `rdata of ${rdata.length} octets, over 65535`);
  to.u16(rdata.length);
  to.bytes(rdata);
}

function checkHeader({ id, opcode, rcode, edns, questions }: Message): void {
  if (id !== (id & 0xffff)) throw new DnsError('VALUE_OUT_OF_RANGE', 'the id of a message has 16 bits');
  if (opcode !== (opcode & 15)) throw new DnsError('VALUE_OUT_OF_RANGE', 'an opcode has 4 bits');
  if (rcode !== (rcode & 0xfff)) throw new DnsError('VALUE_OUT_OF_RANGE', 'an rcode has 12 bits');
  if (rcode > 15 && !edns) throw new DnsError('VALUE_OUT_OF_RANGE', `rcode ${rcode} needs EDNS`);
  if (questions.length > 0xffff) throw new DnsError('MESSAGE_TOO_LONG', 'a message has at most 65535 questions');
  for (const { data } of edns?.options ?? []) {
    if (data.length > 0xffff) throw new DnsError('VALUE_OUT_OF_RANGE', 'an EDNS option has at most 65535 octets');
  }
}

function flagsOf(message: Message): number {
  return (
    (message.response ? flag.response : 0) |
    (message.opcode << 11) |
    (message.authoritative ? flag.authoritative : 0) |
    (message.truncated ? flag.truncated : 0) |
    (message.recursionDesired ? flag.recursionDesired : 0) |
    (message.recursionAvailable ? flag.recursionAvailable : 0) |
    (message.authenticData ? flag.authenticData : 0) |
    (message.checkingDisabled ? flag.checkingDisabled : 0) |
    (message.rcode & 15)
  );
}
