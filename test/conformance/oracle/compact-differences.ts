import { Name, Rcode, RRType, type RR } from '@callbook/dns';
import {
  aliasesIn,
  has,
  isSignature,
  limitOf,
  only,
  sectionFields,
  typesAt,
  without,
  type Allowed,
} from './allowed.js';
import { partsOf } from './answer.js';
import type { Pair } from './compare.js';

/** NXNAME: there is nothing at the name, and nothing below (RFC 9824 §3.1). */
const NXNAME = 128;

/** Zones that are signed without a chain: Callbook signs denials on line (RFC 9824), the others deny without proof. */
export const compactDifferences: readonly Allowed[] = [
  {
    id: 'compact-unsigned-bind',
    peers: ['bind'],
    fields: sectionFields,
    because:
      'BIND takes a zone without a chain for an unsigned one, and leaves out its signatures. Whoever says DO gets them (RFC 4035 §3.1).',
    applies: ({ trial }, { missing, extra }) =>
      trial.variant === 'compact' &&
      missing.length === 0 &&
      extra.length > 0 &&
      extra.every((line) => isSignature(line) && partsOf(line).covers !== 'NSEC'),
  },
  {
    id: 'compact-rcode',
    peers: 'all',
    fields: ['rcode'],
    because:
      'A name that is not there is NOERROR for those who want proof: NXNAME in the bitmap says it (RFC 9824 §3.1, §4).',
    applies: (pair) =>
      pair.trial.variant === 'compact' &&
      pair.asked.dnssecOk &&
      pair.theirs.rcode === Rcode.NXDOMAIN &&
      pair.ours.rcode === Rcode.NOERROR &&
      proofOf(pair)?.types.has(NXNAME) === true,
  },
  {
    id: 'compact-proof',
    peers: 'all',
    fields: ['authority'],
    because:
      'The proof: one NSEC right at the name, with the types that are there (RFC 9824 §3), and signatures of it and of SOA.',
    applies: (pair, { missing, extra }) => {
      if (pair.trial.variant !== 'compact') return false;
      // PowerDNS shows a chain that it made, and did not sign.
      if (!missing.every((line) => pair.peer === 'powerdns' && partsOf(line).type === 'NSEC')) return false;
      const ofBind = pair.peer === 'bind' ? ['SOA', 'DS', 'NS'] : [];
      return only(extra.filter(isSignature), 'NSEC', ...ofBind) && only(extra, 'NSEC', ...ofBind) && isTrue(pair);
    },
  },
  {
    id: 'compact-wildcard',
    peers: 'all',
    fields: ['answer'],
    because:
      'What a wildcard stands for is signed on line as a set of the name that was asked, which needs no further proof (RFC 9824 §3.4). The others give the signature of the wildcard, and cannot prove that no closer name exists.',
    applies: ({ trial }, { missing, extra }) =>
      trial.variant === 'compact' &&
      extra.length > 0 &&
      [...missing, ...extra].every(isSignature) &&
      extra.every((line) => {
        const { owner, covers } = partsOf(line);
        return trial.records.every(({ name }) => name.toString().toLowerCase() !== owner) && covers !== 'NSEC';
      }),
  },
  {
    id: 'compact-truncated',
    peers: 'all',
    fields: ['rcode', 'flags', ...sectionFields],
    because:
      'With a proof, and signatures, an answer may be too long for the client where others send none (RFC 2181 §9).',
    applies: (pair, { field }) => {
      const { trial, asked, ours, theirs } = pair;
      if (trial.variant !== 'compact' || !asked.dnssecOk || !has(ours, 'tc') || has(theirs, 'tc')) return false;
      if (field === 'flags' && without(ours.flags, 'tc', 'cd') !== without(theirs.flags, 'tc', 'cd')) return false;
      const signatures = 2 + aliasesIn(theirs.sections.answer) + (pair.peer === 'bind' ? 2 : 0);
      return theirs.size + signatures * 130 > limitOf(pair);
    },
  },
  {
    id: 'compact-nsec-asked',
    peers: 'all',
    fields: ['rcode', ...sectionFields],
    because: 'Every bitmap says that NSEC is at the name, and so it is answered when it is asked for (RFC 9824 §3).',
    applies: ({ trial, asked }) => trial.variant === 'compact' && asked.type === RRType.NSEC,
  },
];

/** A denial that has no proof is what the others say, too: here it has to have one, and a true one. */
export function lacksProof(pair: Pair): boolean {
  const { trial, asked, ours } = pair;
  if (trial.variant !== 'compact' || !asked.dnssecOk || has(ours, 'tc') || pair.peer !== 'nsd') return false;
  if (!ours.message.authorities.some(({ type }) => type === RRType.SOA)) return false;
  if (proofOf(pair) === undefined) return true;
  // Who followed fewer aliases denies another name.
  return aliasesIn(ours.sections.answer) === aliasesIn(pair.theirs.sections.answer) && !isTrue(pair);
}

interface Proof {
  readonly owner: Name;
  readonly next: Name;
  readonly types: ReadonlySet<number>;
}

function proofOf({ ours }: Pair): Proof | undefined {
  const record = ours.message.authorities.find(({ type }) => type === RRType.NSEC);
  return record && proof(record);
}

function proof({ name, rdata }: RR): Proof {
  const { name: next, end } = Name.read(rdata);
  const types = new Set<number>();
  for (let at = end; at + 2 <= rdata.length; at += 2 + rdata[at + 1]!)
    for (let bit = 0; bit < rdata[at + 1]! * 8; bit += 1)
      if (rdata[at + 2 + (bit >> 3)]! & (0x80 >> (bit & 7))) types.add(rdata[at]! * 256 + bit);
  return { owner: name, next, types };
}

/** The bitmap is that of the zone, as far as the records there tell; NXNAME where the others say NXDOMAIN. */
function isTrue(pair: Pair): boolean {
  const found = proofOf(pair);
  if (!found) return true; // only signatures more
  const { owner, next, types } = found;
  if (!next.equals(owner.prepend(Uint8Array.of(0)))) return false;
  const there = typesAt(pair, owner);
  if (there.size > 0) {
    const isCut = there.has(RRType.NS) && !there.has(RRType.SOA);
    const ofParent = [...there].filter((type) => !isCut || type === RRType.NS || type === RRType.DS);
    const expected = new Set([...ofParent, RRType.NSEC, RRType.RRSIG]);
    return types.size === expected.size && [...expected].every((type) => types.has(type));
  }
  return types.has(NXNAME) === (pair.theirs.rcode === Rcode.NXDOMAIN);
}
