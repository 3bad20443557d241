import { canonicalRdata, readRRs, rrsOf, writeRR, type Name, type RR, type RRset } from '@callbook/dns';
import type { Subject } from './subject.js';

/** An RRset as it is wanted: it has an owner whose it is. */
export interface WantedSet {
  readonly subject: Subject;
  readonly set: RRset;
  /** NS at a cut, and glue: not the zone's own data, so not signed (RFC 4035 §2.2). */
  readonly unsigned?: boolean;
}

/** A signed RRset as it is stored and published: RRs uncompressed, one after the other. */
export interface SignedSet {
  readonly subject: Subject;
  /** Lower case. */
  readonly owner: Name;
  readonly type: number;
  readonly records: Uint8Array;
  /** None for what is not signed. */
  readonly signatures: Uint8Array;
  /** Unix seconds at which the first of the signatures ends; `neverEnds` where there is none. */
  readonly expires: number;
}

export const neverEnds = Number.MAX_SAFE_INTEGER;

export const setKey = (owner: Name, type: number): string => `${type} ${owner.key}`;

/** One spelling for one RRset: owner in lower case, records in canonical order (RFC 4034 §6.3), each once. */
export function recordsOf(set: RRset): Uint8Array {
  const ordered = set.rdatas
    .map((rdata) => ({ rdata, canonical: canonicalRdata(set.type, rdata) }))
    .sort((a, b) => Buffer.compare(a.canonical, b.canonical))
    .filter(({ canonical }, index, all) => index === 0 || Buffer.compare(canonical, all[index - 1]!.canonical) !== 0);
  return Buffer.concat(
    rrsOf({ ...set, name: set.name.lower(), rdatas: ordered.map(({ rdata }) => rdata) }).map(writeRR),
  );
}

/** Whether what is stored is what is wanted: the same records, signed or not. */
export const isAsWanted = (stored: SignedSet, { set, unsigned = false }: WantedSet): boolean =>
  sameOctets(stored.records, recordsOf(set)) && (stored.signatures.length === 0) === unsigned;

export const sameOctets = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

export function rrsetOf({ records }: SignedSet): RRset {
  const rrs = readRRs(records);
  const { name, type, class: rrClass, ttl } = rrs[0]!;
  return { name, type, class: rrClass, ttl, rdatas: rrs.map(({ rdata }) => rdata) };
}

/** Records of `before` that `after` has not, and the other way round: an RRset that changes keeps what it keeps (RFC 1995 §4). */
export function recordDifference(before: Uint8Array, after: Uint8Array): { removed: RR[]; added: RR[] } {
  const lacking = (from: Uint8Array, those: Uint8Array) => {
    const known = new Set(readRRs(those).map(spelling));
    return readRRs(from).filter((rr) => !known.has(spelling(rr)));
  };
  return { removed: lacking(before, after), added: lacking(after, before) };
}

const spelling = (rr: RR) => Buffer.from(writeRR(rr)).toString('latin1');

/** What is stored, as if it were wanted so. */
export const wantedAsStored = (stored: SignedSet): WantedSet => ({
  subject: stored.subject,
  set: rrsetOf(stored),
  unsigned: stored.signatures.length === 0,
});
