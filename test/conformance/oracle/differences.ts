import { Name, Rcode, RRType } from '@callbook/dns';
import { aliasesIn, cutOf, has, limitOf, only, sectionFields, typesAt, without, type Allowed } from './allowed.js';
import { isBelow, partsOf } from './answer.js';
import { compactDifferences } from './compact-differences.js';
import type { Difference, Pair } from './compare.js';
import { peerDifferences } from './peer-differences.js';

const ANY = 255;
/** Of the octets that are allowed. Long chains and sets of names are half as long when every name is compressed. */
const almost = 0.45;

/** What more than one of the others does otherwise. */
const general: readonly Allowed[] = [
  {
    id: 'truncated-both',
    peers: 'all',
    fields: ['rcode', ...sectionFields],
    because:
      'Both answers are truncated. How far a server came before, and which records are still in the answer, means nothing: the client is to use none of it (RFC 2181 §9).',
    applies: ({ ours, theirs }) => has(ours, 'tc') && has(theirs, 'tc'),
  },
  {
    id: 'truncated-one',
    peers: 'all',
    fields: ['rcode', 'flags', ...sectionFields],
    because:
      'One answer is truncated and the other is almost as large as is allowed: names are compressed more or less, and more or fewer optional records are added (RFC 1035 §4.1.4, RFC 2181 §9).',
    applies: (pair, { field }) => {
      const { ours, theirs, asked } = pair;
      if (asked.transport !== 'udp' || has(ours, 'tc') === has(theirs, 'tc')) return false;
      if (field === 'flags' && without(ours.flags, 'tc', 'cd') !== without(theirs.flags, 'tc', 'cd')) return false;
      return (has(ours, 'tc') ? theirs : ours).size > limitOf(pair) * almost;
    },
  },
  {
    id: 'any-one-set',
    peers: 'all',
    fields: ['flags', ...sectionFields],
    because:
      'ANY is answered with one RRset of the name (RFC 8482 §4.1). Others answer with all of them, or with another one.',
    applies: (pair, difference) => pair.asked.type === ANY && hasOneSet(pair, difference),
  },
  {
    id: 'rrsig-one-set',
    peers: 'all',
    fields: ['flags', ...sectionFields],
    because:
      'RRSIG stands for the signatures of all sets of a name, like ANY, and is answered in the same way (RFC 8482 §4.1).',
    applies: (pair, difference) => pair.asked.type === RRType.RRSIG && hasOneSet(pair, difference),
  },
  {
    id: 'additional-addresses',
    peers: 'all',
    fields: ['additional'],
    because:
      'Addresses beside MX, SRV, NS and the like are for convenience: each server adds what it likes (RFC 1034 §4.3.2 step 6, RFC 2181 §9).',
    applies: (pair, { missing, extra }) => cutOf(pair) === undefined && only([...missing, ...extra], 'A', 'AAAA'),
  },
  {
    id: 'sibling-glue',
    peers: 'all',
    fields: ['additional'],
    because:
      'Addresses of a name server that is not below the cut itself may be left out of a referral: BIND does when it is to be brief, all do when there is no room (RFC 9471 §3.2).',
    applies: (pair, { missing, extra }) => {
      const cut = cutOf(pair);
      const { peer, theirs } = pair;
      if (!cut || !only([...missing, ...extra], 'A', 'AAAA')) return false;
      if ([...missing, ...extra].some((line) => isBelow(partsOf(line).owner, cut))) return false;
      return missing.length === 0 ? peer === 'bind' || isFull(pair) : theirs.size > limitOf(pair) * almost;
    },
  },
  {
    id: 'addresses-from-wildcards',
    peers: ['nsd', 'knot'],
    fields: ['additional'],
    because:
      'NSD and Knot make addresses of a name server from a wildcard. Glue are records that are there (RFC 9471 §2); who asks gets the others.',
    applies: (pair, { missing, extra }) =>
      extra.length === 0 &&
      only(missing, 'A', 'AAAA') &&
      missing.every((line) => typesAt(pair, Name.parse(partsOf(line).owner)).size === 0),
  },
  {
    id: 'glue-without-room',
    peers: 'all',
    fields: ['additional'],
    because:
      'Which addresses are sent when not all of them fit is up to the server, as long as one is (RFC 1034 §4.3.2 step 6).',
    applies: (pair, { missing, extra }) =>
      only([...missing, ...extra], 'A', 'AAAA') && isFull(pair) && pair.ours.sections.additional.size > 0,
  },
  {
    id: 'alias-limit',
    peers: 'all',
    fields: ['rcode', 'flags', ...sectionFields],
    because:
      'How many aliases are followed in one answer is not written anywhere (RFC 1034 §3.6.2). The client goes on from the last one; BIND answers SERVFAIL instead.',
    applies: ({ ours, theirs }, { field }) => {
      const [own, other] = [aliasesIn(ours.sections.answer), aliasesIn(theirs.sections.answer)];
      if (field === 'flags' && without(ours.flags, 'tc', 'cd') !== without(theirs.flags, 'tc', 'cd')) return false;
      return Math.max(own, other) >= 5 && (own !== other || theirs.rcode === Rcode.SERVFAIL);
    },
  },
  {
    id: 'alias-loop',
    peers: 'all',
    fields: ['rcode', ...sectionFields],
    because:
      'Aliases in a circle are answered with the circle, once around (RFC 1034 §3.6.2: "loops should be signalled as an error" to users; none of it is wrong). BIND answers SERVFAIL with it.',
    applies: (pair) => hasLoop(pair),
  },
  {
    id: 'chain-types-of-an-alias',
    peers: ['knot', 'bind', 'nsd'],
    fields: ['rcode', 'flags', ...sectionFields],
    because:
      'NSEC, NSEC3 and RRSIG where an alias owns none are looked for at its target, or denied at the alias: RFC 1034 §4.3.2 step 3a exempts only CNAME, RFC 4035 §2.5 lets an alias own RRSIG and NSEC.',
    applies: ({ asked, ours, theirs }) =>
      ([RRType.NSEC, RRType.NSEC3, RRType.RRSIG] as readonly number[]).includes(asked.type) &&
      aliasesIn(ours.sections.answer) + aliasesIn(theirs.sections.answer) > 0,
  },
  {
    id: 'wildcard-without-records',
    peers: ['knot', 'bind'],
    fields: ['authority'],
    because:
      'Where the wildcard that a name comes from is an empty non-terminal (RFC 4592 §2.2.3), or its name was asked in the name of another, the proof says of the wildcard, too, that it has no such type (RFC 4035 §3.1.3.4). Knot and BIND leave that record out, and are not believed by all.',
    applies: ({ trial, ours, theirs }, { missing, extra }) =>
      trial.variant === 'nsec' && ours.rcode === theirs.rcode && missing.length === 0 && only(extra, 'NSEC'),
  },
  {
    id: 'opt-out-encloser',
    peers: ['nsd', 'knot', 'powerdns'],
    fields: ['flags', 'authority'],
    because:
      'Empty non-terminals above insecure delegations alone have no NSEC3 with opt-out (RFC 5155 §7.1), so that the closest name that can be proved lies higher up (§7.2.1). BIND and Callbook prove from there.',
    applies: ({ trial, ours, theirs }, { field, missing, extra }) =>
      trial.variant === 'nsec3-opt-out' &&
      ours.rcode === theirs.rcode &&
      (field === 'flags' ? theirs.sections.authority.size === 0 : only([...missing, ...extra], 'NSEC3', 'SOA')),
  },
];

/** The answers agree that there is something, and ours is one set. */
function hasOneSet({ ours, theirs }: Pair, { field }: Difference): boolean {
  if (field === 'flags') return without(ours.flags, 'tc', 'cd') === without(theirs.flags, 'tc', 'cd');
  if (field !== 'answer') return true;
  const sets = new Set(
    [...ours.sections.answer]
      .map((line) => partsOf(line))
      .filter(({ type }) => type !== 'CNAME' && type !== 'RRSIG' && type !== 'DNAME')
      .map(({ owner, type }) => `${owner} ${type}`),
  );
  return (
    sets.size <= 1 && (has(theirs, 'tc') || (ours.sections.answer.size === 0) === (theirs.sections.answer.size === 0))
  );
}

/** So large that a set of addresses more would perhaps not fit. */
const isFull = (pair: Pair) =>
  pair.asked.transport === 'udp' && Math.max(pair.ours.size, pair.theirs.size) > limitOf(pair) * almost;

function hasLoop({ ours, theirs }: Pair): boolean {
  const targets = new Map<string, string>();
  for (const line of [...ours.sections.answer, ...theirs.sections.answer]) {
    const { owner, type } = partsOf(line);
    if (type === 'CNAME') targets.set(owner, line.split(' ').at(-1)!.toLowerCase());
  }
  return [...targets.keys()].some((start) => {
    let at = targets.get(start);
    for (let steps = 0; at !== undefined && steps <= targets.size; steps += 1) {
      if (at === start) return true;
      at = targets.get(at);
    }
    return false;
  });
}

/** Read from the first on: what explains a difference first, does. */
export const allowed: readonly Allowed[] = [...compactDifferences, ...general, ...peerDifferences];

/** The first that explains a difference. */
export const explanationOf = (pair: Pair, difference: Difference): Allowed | undefined =>
  allowed.find(
    (each) =>
      (each.peers === 'all' || each.peers.includes(pair.peer)) &&
      each.fields.includes(difference.field) &&
      each.applies(pair, difference),
  );
