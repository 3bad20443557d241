import { DnsError, RRType, type Message, type Name, type Question, type RR, type RRset } from '@callbook/dns';
import { aliasOf } from './alias.js';
import { findSet, readAnswer, type Answer, type ClaimedSet } from './answer.js';
import { Budget, defaultLimits } from './budget.js';
import { ChainOfTrust, type TrustAnchor } from './chain-of-trust.js';
import { DnssecError, type DnssecErrorCode } from './errors.js';
import { Proofs } from './proofs.js';
import { claimedSigner, verifySet, type TrustedZone } from './trusted-set.js';

/**
 * Asks a resolver or a server, with DO and CO set, and returns its reply: the only I/O. What it throws, `validate`
 * throws; but a reply that could not be decoded (DnsError) makes a bogus answer.
 */
export interface Exchange {
  (question: Question): Promise<Message>;
}

export interface ValidateDeps {
  readonly exchange: Exchange;
  readonly anchors: readonly TrustAnchor[];
  /** Unix seconds. */
  readonly now: number;
  /** Signature verifications at most, over all zones and aliases. */
  readonly maxSignatures?: number;
}

/**
 * RFC 4035 §4.3. `signatures`: those over the answer, its aliases and its denials. `insecure` is proven: no trust anchor
 * covers the name, or a signed zone says that it delegates without keys, or cannot say (opt-out).
 */
export type Verdict =
  | {
      readonly status: 'secure';
      readonly kind: 'answer' | 'nodata' | 'nxdomain';
      readonly rrset?: RRset;
      readonly signatures: RR[];
    }
  | { readonly status: 'insecure' }
  | { readonly status: 'bogus'; readonly reason: DnssecErrorCode };

/** Longer chains of aliases serve only to make others work. */
const mostAliases = 16;

/** Asks `question` and whatever proves the answer, from the nearest trust anchor down. */
export async function validate(question: Question, deps: ValidateDeps): Promise<Verdict> {
  const budget = new Budget({ ...defaultLimits, signatures: deps.maxSignatures ?? defaultLimits.signatures });
  const ask = async (asked: Question): Promise<Answer> => {
    budget.spendQuestion();
    return readAnswer(asked, await deps.exchange(asked));
  };
  const chain = new ChainOfTrust({ ask, anchors: deps.anchors, now: deps.now, budget });
  try {
    if (isNeverData(question.type)) throw new DnssecError('TYPE_NOT_DATA', 'answers of this type have no signature');
    return await follow(question, { ask, chain, now: deps.now, budget });
  } catch (error) {
    if (error instanceof DnssecError) return { status: 'bogus', reason: error.code };
    if (error instanceof DnsError) return { status: 'bogus', reason: 'ANSWER_MALFORMED' };
    throw error;
  }
}

interface Run {
  readonly ask: (question: Question) => Promise<Answer>;
  readonly chain: ChainOfTrust;
  readonly now: number;
  readonly budget: Budget;
}

/** A part of the answer that is proven, or that nobody promised to prove. */
type Proven<T> = 'insecure' | (T & { readonly signatures: readonly RR[] });

async function follow(question: Question, run: Run): Promise<Verdict> {
  const { type } = question;
  const signatures: RR[] = [];
  let name = question.name;
  let answer = await run.ask(question);
  for (let aliases = 0; aliases <= mostAliases; aliases += 1) {
    const direct = findSet(answer.answers, name, type);
    if (direct) {
      const proven = await provePositive(direct, answer, run);
      if (proven === 'insecure') return { status: 'insecure' };
      signatures.push(...proven.signatures);
      return { status: 'secure', kind: 'answer', rrset: proven.set, signatures };
    }
    const alias = aliasOf(name, answer.answers);
    if (!alias) {
      const proven = await proveDenial(name, type, answer, run);
      if (proven === 'insecure') return { status: 'insecure' };
      signatures.push(...proven.signatures);
      return { status: 'secure', kind: proven.kind, signatures };
    }
    const proven = await provePositive(alias.claimed, answer, run);
    if (proven === 'insecure') return { status: 'insecure' };
    signatures.push(...proven.signatures);
    name = alias.target;
    const goesOn = findSet(answer.answers, name, type) ?? aliasOf(name, answer.answers);
    if (!goesOn) answer = await run.ask({ ...question, name });
  }
  throw new DnssecError('ALIAS_TOO_LONG', `more than ${mostAliases} aliases`);
}

async function provePositive(claimed: ClaimedSet, answer: Answer, run: Run): Promise<Proven<{ set: RRset }>> {
  const { name, type } = claimed.set;
  const zone = await signedBy(claimedSigner(claimed), name, type, run);
  if (zone === 'insecure') return 'insecure';
  const { set, signature, expandedFrom } = verifySet(claimed, zone, run.now, run.budget);
  if (expandedFrom === undefined) return { set, signatures: [signature] };

  const proofs = new Proofs(answer.authorities, zone, run.now, run.budget);
  const closer = proofs.denyCloser(name, expandedFrom);
  if (closer === 'unprovable') return 'insecure';
  if (closer === undefined) {
    throw (
      proofs.failure ??
      new DnssecError('DENIAL_INSUFFICIENT', 'a wildcard answered, but perhaps for a name that exists')
    );
  }
  return { set, signatures: [signature, ...proofs.signatures] };
}

async function proveDenial(
  name: Name,
  type: number,
  answer: Answer,
  run: Run,
): Promise<Proven<{ kind: 'nodata' | 'nxdomain' }>> {
  const signer = answer.authorities
    .filter(({ set }) => set.type === RRType.NSEC || set.type === RRType.NSEC3)
    .map(claimedSigner)
    .find((zone) => zone !== undefined && name.isWithin(zone) && !(type === RRType.DS && name.equals(zone)));
  const zone = await signedBy(signer, name, type, run);
  if (zone === 'insecure') return 'insecure';

  const proofs = new Proofs(answer.authorities, zone, run.now, run.budget);
  const denial = proofs.deny(name, type);
  if (denial?.kind === 'unprovable') return 'insecure';
  if (denial?.kind === 'nxdomain') return { kind: 'nxdomain', signatures: proofs.signatures };
  // The response code is not signed: what it adds to a proof of existence is a contradiction.
  if (denial?.kind === 'nodata' && !answer.nameError) return { kind: 'nodata', signatures: proofs.signatures };
  // A referral proves nothing about the name, but may come from above an unsigned zone.
  if (denial === undefined && (await liesInUnsignedSpace(name, type, run))) return 'insecure';
  throw proofs.failure ?? new DnssecError('DENIAL_INSUFFICIENT', 'no proof that there is no such record');
}

/** The proven zone that is said to have signed records at `name`. */
async function signedBy(
  signer: Name | undefined,
  name: Name,
  type: number,
  run: Run,
): Promise<TrustedZone | 'insecure'> {
  const zone = signer === undefined ? 'insecure' : await run.chain.zoneAt(signer);
  if (zone === 'insecure') {
    // Whatever signer a forger writes, only the way down to the name itself can say that it need not be signed.
    if (await liesInUnsignedSpace(name, type, run)) return 'insecure';
    throw new DnssecError('SIGNATURE_MISSING', 'records of a signed zone came without its signature');
  }
  if (signer === undefined || !zone.zone.equals(signer)) {
    throw new DnssecError('SIGNER_NOT_ZONE', 'the signer is not a zone');
  }
  return zone;
}

async function liesInUnsignedSpace(name: Name, type: number, { chain }: Run): Promise<boolean> {
  const holder = type === RRType.DS && name.labelCount > 0 ? name.parent() : name;
  return (await chain.zoneAt(holder)) === 'insecure';
}

/** Meta-types and question types (RFC 6895 §3.1), and signatures, which nothing signs (RFC 4035 §2.2). */
function isNeverData(type: number): boolean {
  return type === 0 || type === RRType.OPT || type === RRType.RRSIG || (type >= 128 && type <= 255);
}
