import {
  Opcode,
  Rcode,
  RRClass,
  RRType,
  soa,
  type Edns,
  type Message,
  type Name,
  type Question,
  type RR,
} from '@callbook/dns';
import { compactDenialRcode } from '@callbook/dnssec';
import type { DenialSigner } from './denial-signer.js';
import { recordsOf, type Found, type SignedSet, type Zone } from './zone.js';

export interface AnswerDeps {
  /** The zone as it is now; undefined until the first snapshot is there. */
  readonly zone: () => Zone | undefined;
  readonly denial: DenialSigner;
}

/** The EDNS payload size that we offer, RFC 6891 §6.2.5. */
const ourUdpSize = 1_232;

/** Extended DNS error option (RFC 8914) and the codes that we use. */
const extendedError = { option: 15, notReady: 14, notAuthoritative: 20, invalidQueryType: 30 } as const;

/** Types that no zone holds: asking for them is a mistake, or is not answered here (RFC 6895 §3.1). */
const isMeta = (type: number) =>
  type === 0 || type === RRType.OPT || (type >= 128 && type <= 255 && type !== RRType.ANY);

/**
 * The answer to a query, RFC 1034 §4.3.2 in a zone without delegations, aliases or wildcards; RFC 4035 §3.1 and RFC 9824 for DNSSEC.
 * Undefined: say nothing. Zone transfers are not answered here.
 */
export function answer(query: Message, deps: AnswerDeps): Message | undefined {
  if (query.response) return undefined;
  const refusal = refuse(query);
  if (refusal) return refusal;
  const zone = deps.zone();
  if (!zone) return replyTo(query, { rcode: Rcode.SERVFAIL, error: extendedError.notReady });
  const [question] = query.questions;
  return answerFromZone(query, question!, zone, deps.denial);
}

/** What can be refused without looking at the zone. */
function refuse(query: Message): Message | undefined {
  const { opcode, edns, questions } = query;
  if (opcode !== Opcode.QUERY) return replyTo(query, { rcode: Rcode.NOTIMP });
  if (edns && edns.version > 0) return replyTo(query, { rcode: Rcode.BADVERS });
  const question = questions[0];
  if (!question || questions.length !== 1) return replyTo(query, { rcode: Rcode.FORMERR });
  if (question.class !== RRClass.IN) return replyTo(query, { rcode: Rcode.REFUSED });
  if (question.type === RRType.NXNAME)
    return replyTo(query, { rcode: Rcode.FORMERR, error: extendedError.invalidQueryType });
  if (isMeta(question.type)) return replyTo(query, { rcode: Rcode.NOTIMP });
  return undefined;
}

function answerFromZone(query: Message, question: Question, zone: Zone, denial: DenialSigner): Message {
  const found = zone.find(question.name);
  if (found.kind === 'outside') return replyTo(query, { rcode: Rcode.REFUSED, error: extendedError.notAuthoritative });

  const dnssecOk = query.edns?.dnssecOk ?? false;
  const answers = answersIn(found, question.type, dnssecOk);
  if (answers) return replyTo(query, { rcode: Rcode.NOERROR, authoritative: true, answers });

  const ttl = negativeTtl(zone.soa);
  const start = recordsFor(zone.soa, dnssecOk).map((record) => ({ ...record, ttl }));
  const rcode = found.kind === 'nothing' ? compactDenialRcode(query.edns) : Rcode.NOERROR;
  if (!dnssecOk) return replyTo(query, { rcode, authoritative: true, authorities: start });

  const proof = denial.deny(question.name, existingAt(found), ttl);
  if (!proof) return replyTo(query, { rcode: Rcode.SERVFAIL, error: extendedError.notReady });
  // The proof says that an NSEC record is at every name: whoever asks for it gets it.
  if (question.type === RRType.NSEC)
    return replyTo(query, { rcode: Rcode.NOERROR, authoritative: true, answers: [...recordsOf(proof)] });
  return replyTo(query, { rcode, authoritative: true, authorities: [...start, ...recordsOf(proof)] });
}

/** The records that answer, where there are any. ANY and RRSIG get those of one set: the smallest answer that is true (RFC 8482 §4.1). */
function answersIn(found: Found, type: number, dnssecOk: boolean): RR[] | undefined {
  if (found.kind !== 'node') return undefined;
  const first = () => found.node.sets.values().next().value!;
  if (type === RRType.RRSIG) return [...first().signatures];
  const set = type === RRType.ANY ? first() : found.node.sets.get(type);
  return set && recordsFor(set, dnssecOk);
}

function existingAt(found: Found): readonly number[] | 'nxname' {
  switch (found.kind) {
    case 'node':
      return [...found.node.sets.keys()].sort((a, b) => a - b);
    case 'empty':
      return [];
    case 'nothing':
      return 'nxname';
    case 'outside':
      throw new TypeError('nothing is denied outside the zone');
    default:
      return found satisfies never;
  }
}

const recordsFor = (signed: SignedSet, dnssecOk: boolean): RR[] =>
  dnssecOk ? [...recordsOf(signed)] : [...recordsOf({ ...signed, signatures: [] })];

/** RFC 2308 §5: the lesser of the SOA's own TTL and its MINIMUM field. */
const negativeTtl = ({ set }: SignedSet) => Math.min(set.ttl, soa.read(set.rdatas[0]!).minimum);

interface ReplyParts {
  readonly rcode: number;
  readonly authoritative?: boolean;
  readonly answers?: readonly RR[];
  readonly authorities?: readonly RR[];
  readonly error?: number;
}

export function replyTo(
  query: Message,
  { rcode, authoritative = false, answers = [], authorities = [], error }: ReplyParts,
): Message {
  return {
    id: query.id,
    response: true,
    opcode: query.opcode,
    authoritative,
    truncated: false,
    recursionDesired: query.recursionDesired,
    recursionAvailable: false,
    authenticData: false,
    checkingDisabled: query.checkingDisabled,
    rcode,
    // More than one is refused (RFC 9619), and not sent back: a packet full of questions would make an answer larger than its client takes.
    questions: query.questions.length === 1 ? query.questions : [],
    answers,
    authorities,
    additionals: [],
    ...(query.edns && { edns: ednsFor(query.edns, error) }),
  };
}

const ednsFor = ({ dnssecOk, compactOk }: Edns, error: number | undefined): Edns => ({
  udpSize: ourUdpSize,
  version: 0,
  dnssecOk,
  compactOk,
  options:
    error === undefined ? [] : [{ code: extendedError.option, data: new Uint8Array([error >> 8, error & 0xff]) }],
});

/** Whether this is a question for the whole zone, and for which. */
export function transferAsked(query: Message): Name | undefined {
  const [question] = query.questions;
  const asked =
    !query.response && query.opcode === Opcode.QUERY && query.questions.length === 1 && question!.class === RRClass.IN;
  return asked && (question!.type === RRType.AXFR || question!.type === RRType.IXFR) ? question!.name : undefined;
}
