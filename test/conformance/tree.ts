import { reservedNumber } from '../harness/world.js';

export const apex = 'callbook.example.';
export const suffix = `e164.${apex}`;

/** Two neighbours with a gap between them, the first and the last of their hundred, and one under another country's digits. */
export const registered = [
  reservedNumber(100),
  reservedNumber(123),
  reservedNumber(125),
  reservedNumber(199),
  '+12025550142',
] as const;

export interface Question {
  readonly name: string;
  readonly type: string;
}

/** `44` is at `4.4.e164.callbook.example.`; made here by hand, so that it is not our own code that says where to look. */
export const nodeAt = (digits: string): string =>
  [...digits.replace('+', '')]
    .reverse()
    .map((digit) => `${digit}.`)
    .join('') + suffix;

const digits = '0123456789';
const known = registered.map((number) => number.slice(1));
const prefixes = new Set(known.flatMap((number) => Array.from(number, (_, length) => number.slice(0, length))));
const inTree = (each: string) => prefixes.has(each) || known.includes(each);

/** Every digit on the way to a registered number, from `e164` itself downwards: empty non-terminals. */
const onTheWay = [...prefixes].sort();

/** Beside every digit of every registered number, whatever no registered number goes on with; and numbers one digit too long. */
const beside = [
  ...onTheWay.flatMap((prefix) => [...digits].map((digit) => prefix + digit)),
  ...known.flatMap((number) => [`${number}0`, `${number}99`]),
].filter((each) => !inTree(each));

const naptrAt = (each: string): Question => ({ name: nodeAt(each), type: 'NAPTR' });
const smimeaAt = (each: string): Question => ({ name: `_smimecert.${nodeAt(each)}`, type: 'SMIMEA' });

export const numbers: readonly Question[] = known.map(naptrAt);
export const keys: readonly Question[] = known.map(smimeaAt);
export const emptyNonTerminals: readonly Question[] = onTheWay.map(naptrAt);

/** Types that a name with other records has not. */
export const otherTypes: readonly Question[] = [
  ...known.flatMap((each) => ['SMIMEA', 'TXT', 'A', 'TYPE65400'].map((type) => ({ name: nodeAt(each), type }))),
  ...known.map((each) => ({ ...smimeaAt(each), type: 'TLSA' })),
  { name: apex, type: 'NAPTR' },
  { name: `ns1.${apex}`, type: 'AAAA' },
];

/** Some of those that are not there: before, after and between, longer and shorter, and names beside and below numbers. */
export const missingNumbers: readonly Question[] = [
  ...['099', '122', '124', '126', '198', '200'].map((end) => naptrAt(`447700900${end}`)),
  ...['12025550141', '12025550143', '4477009001230', '447700900123999', '44770091', '4478', '9', '0'].map(naptrAt),
  smimeaAt('447700900124'),
  { name: `_openpgpkey.${nodeAt('447700900123')}`, type: 'OPENPGPKEY' },
  { name: `*.${nodeAt('44770090012')}`, type: 'NAPTR' },
  { name: `nothing.${apex}`, type: 'A' },
];

export const allMissing: readonly Question[] = [...beside.map(naptrAt), ...beside.map(smimeaAt), ...missingNumbers];

export const atApex: readonly Question[] = ['SOA', 'NS', 'DNSKEY'].map((type) => ({ name: apex, type }));

/** Letters in turn large and small, as a resolver sends them that hides a secret in them (draft-vixie-dnsext-dns0x20). */
export const mixedCase = ({ name, type }: Question): Question => ({
  name: name.replace(/[a-z]/g, (letter, at: number) => (at % 2 === 0 ? letter.toUpperCase() : letter)),
  type,
});
