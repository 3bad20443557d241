import { Name, Rcode, RRType, type RR } from '@callbook/dns';
import { cutOf, has, messageFields, only, sectionFields, without, type Allowed } from './allowed.js';

const chainTypes: readonly number[] = [RRType.NSEC, RRType.NSEC3, RRType.NSEC3PARAM];

/** What one of the others does by itself. */
export const peerDifferences: readonly Allowed[] = [
  {
    id: 'bind-cd-copied',
    peers: ['bind'],
    fields: ['flags'],
    because: 'BIND copies CD from the query. An authoritative server SHOULD clear it (RFC 4035 §3.1.6).',
    applies: ({ ours, theirs }) => has(theirs, 'cd') && ours.flags === without(theirs.flags, 'cd'),
  },
  {
    id: 'bind-ad-truncated',
    peers: ['bind'],
    fields: ['flags'],
    because:
      'BIND leaves AD set in some truncated answers. An authoritative server does not validate (RFC 4035 §3.1.6).',
    applies: ({ ours, theirs }) =>
      has(theirs, 'ad') && has(theirs, 'tc') && ours.flags === without(theirs.flags, 'ad', 'cd'),
  },
  {
    id: 'nsec-at-cut',
    peers: ['bind', 'powerdns'],
    fields: ['flags', ...sectionFields],
    because:
      'BIND, and PowerDNS without a record, answer for the NSEC at a cut themselves. The parent answers for DS alone there; all else is referred to the child (RFC 4035 §3.1.4.1).',
    applies: ({ asked, ours, theirs }) =>
      asked.type === RRType.NSEC &&
      has(theirs, 'aa') &&
      (theirs.sections.answer.size === 0 || [...theirs.sections.answer].some((line) => / NSEC \S+ NS /.test(line))) &&
      ours.sections.answer.size === 0,
  },
  {
    id: 'bind-any-moved',
    peers: ['bind'],
    fields: ['rcode', ...sectionFields],
    because:
      'BIND ends at the alias that it made from a DNAME when ANY is asked. The alias is followed like any other (RFC 6672 §3.2).',
    applies: ({ asked, theirs }) =>
      asked.type === 255 && [...theirs.sections.answer].some((line) => / DNAME /.test(line)),
  },
  {
    id: 'bind-asterisk',
    peers: ['bind'],
    fields: ['authority'],
    because:
      'BIND takes the NSEC before the one that covers an empty non-terminal whose name is a wildcard. The record that covers the name proves it (RFC 4035 §3.1.3.1).',
    applies: ({ trial, asked, ours, theirs }, { missing, extra }) =>
      trial.variant === 'nsec' &&
      asked.name.labels[0]?.[0] === 0x2a &&
      ours.rcode === theirs.rcode &&
      only([...missing, ...extra], 'NSEC'),
  },
  {
    id: 'nsd-asterisk',
    peers: ['nsd'],
    fields: ['authority'],
    because:
      'NSD proves more than is asked for when the name that is asked is itself a wildcard: that no closer name exists (RFC 5155 §7.2.3 needs one NSEC3).',
    applies: ({ asked, ours, theirs }, { extra, missing }) =>
      (asked.name.labels[0]?.[0] === 0x2a || [...ours.sections.answer].some((line) => / CNAME \*\./.test(line))) &&
      ours.rcode === theirs.rcode &&
      extra.length === 0 &&
      only(missing, 'NSEC3', 'NSEC'),
  },
  {
    id: 'nsd-short-proof',
    peers: ['nsd'],
    fields: ['authority'],
    because:
      'NSD leaves a record out of proofs for wildcards that are near the apex and for what a DNAME leads to. All of it is needed (RFC 4035 §3.1.3.2, RFC 5155 §7.2.2 and §7.2.5), and Knot and BIND send it.',
    applies: ({ ours, theirs }, { missing, extra }) =>
      ours.rcode === theirs.rcode && missing.length === 0 && only(extra, 'NSEC', 'NSEC3'),
  },
  {
    id: 'knot-asterisk',
    peers: ['knot'],
    fields: ['authority'],
    because:
      'Knot takes a name whose first label is an asterisk for the wildcard itself and leaves out the proof that no closer name exists (RFC 5155 §7.2.5).',
    applies: ({ asked, ours, theirs }, { extra, missing }) =>
      asked.name.labels[0]?.[0] === 0x2a &&
      ours.rcode === theirs.rcode &&
      missing.length === 0 &&
      only(extra, 'NSEC3', 'NSEC'),
  },
  {
    id: 'knot-nul',
    peers: ['knot'],
    fields: ['authority'],
    because:
      'Knot finds another NSEC where a label of the question ends in an octet of zero. Absence of an octet sorts before a zero (RFC 4034 §6.1).',
    applies: ({ asked, ours, theirs }, { missing, extra }) =>
      asked.name.labels.some((label) => label.includes(0)) &&
      ours.rcode === theirs.rcode &&
      only([...missing, ...extra], 'NSEC'),
  },
  {
    id: 'powerdns-rrsig',
    peers: ['powerdns'],
    fields: ['rcode', 'flags', ...sectionFields],
    because: 'PowerDNS refuses to be asked for RRSIG. It is a type as others are (RFC 4034 §3).',
    applies: ({ asked, theirs }) => asked.type === RRType.RRSIG && theirs.rcode === Rcode.REFUSED,
  },
  {
    id: 'powerdns-any',
    peers: ['powerdns'],
    fields: ['rcode', 'flags', ...sectionFields],
    because:
      'PowerDNS answers ANY over UDP with TC before it has looked for the name (RFC 8482 §4.4), and over TCP with an order of its own.',
    applies: ({ asked, theirs }) => asked.type === 255 && (has(theirs, 'tc') || theirs.rcode === Rcode.NOERROR),
  },
  {
    id: 'powerdns-servfail',
    peers: ['powerdns'],
    fields: messageFields,
    because:
      'PowerDNS fails where a label has octets that no host name has, and where aliases are many. Any octet may be in a label (RFC 2181 §11).',
    applies: ({ theirs }) => theirs.rcode === Rcode.SERVFAIL,
  },
  {
    id: 'powerdns-chain-types',
    peers: ['powerdns'],
    fields: ['rcode', 'flags', ...sectionFields],
    because:
      'PowerDNS keeps the records of chains apart: it denies that they are there, and has a TTL of its own for NSEC3PARAM. They are records of the zone (RFC 4035 §3.1, RFC 5155 §4).',
    applies: ({ asked }) => chainTypes.includes(asked.type),
  },
  {
    id: 'powerdns-ds',
    peers: ['powerdns'],
    fields: ['authority'],
    because:
      'PowerDNS puts DS into referrals also when no signatures are wanted. RFC 4035 §3.1.4 has it for those with DO.',
    applies: ({ asked }, { missing, extra }) => !asked.dnssecOk && extra.length === 0 && only(missing, 'DS'),
  },
  {
    id: 'powerdns-lowers-next',
    peers: ['powerdns'],
    fields: ['authority', 'answer'],
    because:
      'PowerDNS writes the next name of an NSEC in lower case, whatever it is in the zone. It is not to be changed (RFC 6840 §5.1).',
    applies: (_, { missing, extra }) =>
      only([...missing, ...extra], 'NSEC') &&
      missing.length === extra.length &&
      extra.every(
        (line) => missing.includes(lowered(line)) || missing.some((theirs) => lowered(theirs) === lowered(line)),
      ),
  },
  {
    id: 'powerdns-below-cut',
    peers: ['powerdns'],
    fields: ['rcode', 'flags', ...sectionFields],
    because:
      'PowerDNS answers from a cut that lies below another cut. What is below a cut is not of this zone (RFC 1034 §4.2.1).',
    applies: (pair) => {
      const cut = cutOf(pair);
      if (!cut) return false;
      const { trial, asked, ours } = pair;
      const lower = trial.records.filter(
        ({ name, type }) => (type === RRType.NS || type === RRType.DS) && !name.equals(cut) && name.isWithin(cut),
      );
      const names = [asked.name, ...ours.message.answers.filter(({ type }) => type === RRType.CNAME).map(targetOf)];
      return lower.some(({ name }) => names.some((each) => each.isWithin(name)));
    },
  },
  {
    id: 'powerdns-alias-asked',
    peers: ['powerdns'],
    fields: sectionFields,
    because:
      'PowerDNS adds what belongs to the target of an alias also when the alias itself was asked for. An answer to CNAME is complete with it (RFC 1034 §4.3.2 step 3a).',
    applies: ({ asked, ours, theirs }, { extra }) =>
      asked.type === RRType.CNAME && extra.length === 0 && ours.rcode === theirs.rcode && ours.sections.answer.size > 0,
  },
  {
    id: 'powerdns-order',
    peers: ['powerdns'],
    fields: ['authority'],
    because:
      'PowerDNS looks for NSEC records in an order of its own, and finds one that does not cover the name, or one less, where names below cuts or with upper-case letters lie near (RFC 4034 §6.1, RFC 4035 §3.1.3). The others agree with Callbook there.',
    applies: ({ trial, ours, theirs }, { missing, extra }) =>
      trial.variant === 'nsec' && ours.rcode === theirs.rcode && only([...missing, ...extra], 'NSEC'),
  },
];

const targetOf = ({ rdata }: RR) => Name.read(rdata).name;

const lowered = (line: string) => line.toLowerCase();
