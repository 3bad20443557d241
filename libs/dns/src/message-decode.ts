import { readOpt } from './edns.js';
import type { Edns } from './edns.js';
import { DnsError } from './errors.js';
import { flag } from './message.js';
import type { Message, Question } from './message.js';
import type { Name } from './name.js';
import { rdataTypes } from './rdata-types.js';
import { Reader } from './reader.js';
import type { RR } from './rr.js';
import { RRClass, RRType } from './type-codes.js';
import { Writer } from './writer.js';

const HEADER_SIZE = 12;
/** Smallest question, smallest record: an octet for the root and the fixed fields. */
const QUESTION_SIZE = 5;
const RECORD_SIZE = 11;

/** Kept between calls: rdata with names in it is written out here before it is copied. */
const expanded = new Writer(512);

/**
 * Reads a message strictly: pointers lead backwards, nothing runs over an end, OPT is there at most once, among the additionals and owned by
 * the root, its options fill it exactly, and no octet is left over. Names in rdata are expanded, so that rdata is always uncompressed.
 *
 * Rdata of other types is not looked into: reading it with its `RdataType` does that.
 *
 * @throws DnsError of the MESSAGE family (a server says FORMERR), with `id` when there were two octets. Whether the octets claim to be a
 *   response, which nobody must answer, is to be seen in their third octet.
 */
export function decodeMessage(octets: Uint8Array): Message {
  try {
    return decode(octets);
  } catch (error) {
    if (!(error instanceof DnsError) || octets.length < 2) throw error;
    const code = error.code.startsWith('MESSAGE_') ? error.code : 'MESSAGE_MALFORMED';
    throw new DnsError(code, error.message, (octets[0]! << 8) | octets[1]!);
  }
}

function decode(octets: Uint8Array): Message {
  if (octets.length > 0xffff) throw new DnsError('MESSAGE_MALFORMED', 'a message has at most 65535 octets');
  const from = new Reader(octets, { pointers: true, code: 'MESSAGE_MALFORMED' });
  const id = from.u16();
  const flags = from.u16();
  const questionCount = from.u16();
  const answerCount = from.u16();
  const authorityCount = from.u16();
  const additionalCount = from.u16();
  const least = questionCount * QUESTION_SIZE + (answerCount + authorityCount + additionalCount) * RECORD_SIZE;
  if (least > from.left)
    throw new DnsError('MESSAGE_MALFORMED', 'the header counts more records than there are octets for');

  const questions = readQuestions(from, questionCount);
  const answers = readRecords(from, answerCount);
  const authorities = readRecords(from, authorityCount);
  const opt: Opt = {};
  const additionals = readRecords(from, additionalCount, opt);
  if (from.left > 0) throw new DnsError('MESSAGE_TRAILING_OCTETS', `${from.left} octets after the last record`);

  return {
    id,
    response: (flags & flag.response) !== 0,
    opcode: (flags >> 11) & 15,
    authoritative: (flags & flag.authoritative) !== 0,
    truncated: (flags & flag.truncated) !== 0,
    recursionDesired: (flags & flag.recursionDesired) !== 0,
    recursionAvailable: (flags & flag.recursionAvailable) !== 0,
    authenticData: (flags & flag.authenticData) !== 0,
    checkingDisabled: (flags & flag.checkingDisabled) !== 0,
    rcode: (flags & 15) | ((opt.found?.extendedRcode ?? 0) << 4),
    questions,
    answers,
    authorities,
    additionals,
    ...(opt.found ? { edns: opt.found.edns } : {}),
  };
}

function readQuestions(from: Reader, count: number): Question[] {
  const questions: Question[] = [];
  for (let index = 0; index < count; index += 1) {
    const name = from.name();
    if (index === 0) from.remember(HEADER_SIZE, name);
    questions.push({ name, type: from.u16(), class: from.u16() });
  }
  return questions;
}

/** Where an OPT that was met is put; a section without a place for one refuses it. */
interface Opt {
  found?: { edns: Edns; extendedRcode: number };
}

function readRecords(from: Reader, count: number, opt?: Opt): RR[] {
  const records: RR[] = [];
  for (let index = 0; index < count; index += 1) {
    const name = from.name();
    const type = from.u16();
    if (type === RRType.OPT) readOptInto(opt, name, from);
    else records.push(readRecord(from, name, type));
  }
  return records;
}

function readOptInto(opt: Opt | undefined, owner: Name, from: Reader): void {
  if (!opt) throw new DnsError('MESSAGE_OPT_INVALID', 'OPT stands among the answers or the authorities');
  if (opt.found) throw new DnsError('MESSAGE_OPT_INVALID', 'there are two OPT records');
  if (owner.wire.length !== 1) throw new DnsError('MESSAGE_OPT_INVALID', 'OPT is owned by another name than the root');
  opt.found = readOpt(from);
}

function readRecord(from: Reader, name: Name, type: number): RR {
  const rrClass = from.u16();
  const ttl = from.u32();
  const length = from.u16();
  const codec = rdataTypes.get(type);
  // Records of an UPDATE that only ask for or delete something have no rdata, whatever their type (RFC 2136 §2.4, §2.5).
  const isBare = length === 0 && (rrClass === RRClass.ANY || rrClass === RRClass.NONE);
  if (!codec || isBare || (codec.names !== 'compressible' && codec.names !== 'expandable')) {
    return { name, type, class: rrClass, ttl, rdata: from.take(length) };
  }
  const messageEnd = from.end;
  const end = from.at + length;
  if (end > messageEnd) throw new DnsError('MESSAGE_MALFORMED', 'rdata runs over the end of the message');
  from.end = end;
  expanded.reset();
  codec.copy(from, expanded);
  from.end = messageEnd;
  return { name, type, class: rrClass, ttl, rdata: expanded.finish() };
}
