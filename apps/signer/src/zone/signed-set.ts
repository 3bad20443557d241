import { canonicalRdata, readRRs, rrsOf, writeRR, type Name, type RR, type RRset } from '@callbook/dns';
import type { Subject } from './subject.js';

/** An RRset as it is wanted: it has an owner whose it is. */
export interface WantedSet {
  readonly subject: Subject;
  readonly set: RRset;
}

/** A signed RRset as it is stored and published: RRs uncompressed, one after the other. */
export interface SignedSet {
  readonly subject: Subject;
  /** Lower case. */
  readonly owner: Name;
  readonly type: number;
  readonly records: Uint8Array;
  readonly signatures: Uint8Array;
  /** Unix seconds at which the first of the signatures ends. */
  readonly expires: number;
}

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
