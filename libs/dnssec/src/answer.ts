import { Rcode, RRType, rrsetsOf, type Message, type Name, type Question, type RR, type RRset } from '@callbook/dns';
import { DnssecError } from './errors.js';

/** An RRset as it came, with the signatures that came beside it. */
export interface ClaimedSet {
  readonly set: RRset;
  readonly signatures: readonly RR[];
}

/** The parts of a reply that validation looks at; none of it is proven. */
export interface Answer {
  readonly nameError: boolean;
  readonly answers: readonly ClaimedSet[];
  readonly authorities: readonly ClaimedSet[];
}

/**
 * Reads the reply to `question`.
 * @throws DnssecError ANSWER_MISMATCH (not a reply to that question), SERVER_FAILED
 */
export function readAnswer(question: Question, message: Message): Answer {
  const echoed = message.questions[0];
  const matches =
    message.response &&
    message.questions.length === 1 &&
    echoed !== undefined &&
    echoed.type === question.type &&
    echoed.class === question.class &&
    echoed.name.equals(question.name);
  if (!matches) throw new DnssecError('ANSWER_MISMATCH', 'reply is to another question');
  if (message.truncated) throw new DnssecError('SERVER_FAILED', 'reply is cut off');
  if (message.rcode !== Rcode.NOERROR && message.rcode !== Rcode.NXDOMAIN) {
    throw new DnssecError('SERVER_FAILED', `server answered with code ${message.rcode}`);
  }
  const ofClass = (rrs: readonly RR[]): RR[] => rrs.filter((rr) => rr.class === question.class);
  return {
    nameError: message.rcode === Rcode.NXDOMAIN,
    answers: claimedSets(ofClass(message.answers)),
    authorities: claimedSets(ofClass(message.authorities)),
  };
}

export function findSet(sets: readonly ClaimedSet[], name: Name, type: number): ClaimedSet | undefined {
  return sets.find(({ set }) => set.type === type && set.name.equals(name));
}

function claimedSets(rrs: readonly RR[]): ClaimedSet[] {
  const signatures = rrs.filter((rr) => rr.type === RRType.RRSIG);
  return rrsetsOf(rrs.filter((rr) => rr.type !== RRType.RRSIG)).map((set) => ({
    set,
    signatures: signatures.filter((sig) => coveredType(sig) === set.type && sig.name.equals(set.name)),
  }));
}

function coveredType({ rdata }: RR): number {
  return ((rdata[0] ?? 0) << 8) | (rdata[1] ?? 0);
}
