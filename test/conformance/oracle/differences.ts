import { Rcode, RRType } from '@callbook/dns';
import { partsOf, type Section } from './answer.js';
import type { JudgePeer } from './batch.js';
import type { Difference, Field, Pair } from './compare.js';

/** A way in which Callbook may answer otherwise than another server, and who says so. */
export interface Allowed {
  readonly id: string;
  readonly peers: readonly JudgePeer[] | 'all';
  readonly fields: readonly Field[];
  readonly because: string;
  applies(pair: Pair, difference: Difference): boolean;
}

const records: readonly Section[] = ['answer', 'authority', 'additional'];
const all: readonly Field[] = ['rcode', 'flags', 'edns', ...records];

const limitOf = ({ asked, ours }: Pair): number => {
  const sent = ours.edns === 'none' ? 512 : Math.max(512, udpSizeOf(asked.query));
  return asked.transport === 'tcp' ? 65_535 : Math.min(1_232, sent);
};
/** The class of OPT, which is the last record of our queries and has no data (RFC 6891 §6.1.2). */
const udpSizeOf = (query: Uint8Array) => (query.at(-8)! << 8) | query.at(-7)!;

const has = ({ flags }: { readonly flags: string }, flag: string) => flags.split(' ').includes(flag);
const without = (flags: string, ...left: readonly string[]) =>
  flags
    .split(' ')
    .filter((flag) => !left.includes(flag))
    .join(' ');
const typesOf = (lines: readonly string[]) =>
  new Set(lines.map((line) => partsOf(line)).map(({ type, covers }) => covers || type));
const only = (lines: readonly string[], ...types: readonly string[]) =>
  [...typesOf(lines)].every((type) => types.includes(type));
const isReferral = ({ theirs }: Pair) =>
  !has(theirs, 'aa') && theirs.rcode === Rcode.NOERROR && theirs.sections.answer.size === 0;
const signedTypes = [RRType.NSEC, RRType.NSEC3, RRType.NSEC3PARAM, RRType.DNSKEY] as readonly number[];

/** Read from the first on: what explains a difference first, does. */
export const allowed: readonly Allowed[] = [
  {
    id: 'truncated-both',
    peers: 'all',
    fields: records,
    because:
      'Both answers are truncated. Which records are still in one is up to the server, since the client is to use none of them (RFC 2181 §9).',
    applies: ({ ours, theirs }) => has(ours, 'tc') && has(theirs, 'tc'),
  },
  {
    id: 'truncated-one',
    peers: 'all',
    fields: ['flags', ...records],
    because:
      'One answer is truncated and the other is almost as large as is allowed: names are compressed more or less, and more or fewer optional records are added (RFC 1035 §4.1.4, RFC 2181 §9).',
    applies: (pair, { field }) => {
      const { ours, theirs, asked } = pair;
      if (asked.transport !== 'udp' || has(ours, 'tc') === has(theirs, 'tc')) return false;
      if (field === 'flags' && without(ours.flags, 'tc', 'cd') !== without(theirs.flags, 'tc', 'cd')) return false;
      return (has(ours, 'tc') ? theirs : ours).size > limitOf(pair) * 0.6;
    },
  },
  {
    id: 'cd-copied',
    peers: ['bind'],
    fields: ['flags'],
    because: 'BIND copies CD from the query. An authoritative server SHOULD clear it (RFC 4035 §3.1.6).',
    applies: ({ ours, theirs }) => has(theirs, 'cd') && ours.flags === without(theirs.flags, 'cd'),
  },
  {
    id: 'any-one-set',
    peers: 'all',
    fields: records,
    because:
      'ANY is answered with one RRset of the name (RFC 8482 §4.1). Others answer with all of them, or with another one.',
    applies: ({ asked, ours, theirs }, { field }) =>
      asked.type === 255 &&
      (field !== 'answer' || (ours.sections.answer.size === 0) === (theirs.sections.answer.size === 0)),
  },
  {
    id: 'rrsig-one-set',
    peers: 'all',
    fields: records,
    because:
      'RRSIG stands for the signatures of all sets of a name, like ANY, and is answered as that is (RFC 8482 §4.1).',
    applies: ({ asked, ours, theirs }, { field }) =>
      asked.type === RRType.RRSIG &&
      (field !== 'answer' || (ours.sections.answer.size === 0) === (theirs.sections.answer.size === 0)),
  },
  {
    id: 'powerdns-rrsig',
    peers: ['powerdns'],
    fields: ['rcode', ...records],
    because: 'PowerDNS refuses to be asked for RRSIG. It is a type as others are (RFC 4034 §3).',
    applies: ({ asked, theirs }) => asked.type === RRType.RRSIG && theirs.rcode === Rcode.REFUSED,
  },
  {
    id: 'powerdns-octets',
    peers: ['powerdns'],
    fields: all,
    because:
      'PowerDNS fails (SERVFAIL) where a label has octets that no host name has. Any octet may be in a label (RFC 2181 §11).',
    applies: ({ theirs }) => theirs.rcode === Rcode.SERVFAIL,
  },
  {
    id: 'powerdns-chain-types',
    peers: ['powerdns'],
    fields: ['answer', 'authority'],
    because:
      'PowerDNS keeps the records of chains apart and denies that they are there. NSEC is at each name, and is answered (RFC 4035 §3.1).',
    applies: ({ asked, theirs }) => signedTypes.includes(asked.type) && theirs.sections.answer.size === 0,
  },
  {
    id: 'additional-addresses',
    peers: 'all',
    fields: ['additional'],
    because:
      'Addresses beside MX, SRV, NS and the like are for convenience, each server adds what it likes (RFC 1034 §4.3.2 step 6, RFC 2181 §9).',
    applies: (pair, { missing, extra }) => !isReferral(pair) && only([...missing, ...extra], 'A', 'AAAA'),
  },
];

/** The first that explains a difference. */
export const explanationOf = (pair: Pair, difference: Difference): Allowed | undefined =>
  allowed.find(
    (each) =>
      (each.peers === 'all' || each.peers.includes(pair.peer)) &&
      each.fields.includes(difference.field) &&
      each.applies(pair, difference),
  );
