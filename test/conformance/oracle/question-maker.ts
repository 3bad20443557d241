import { encodeMessage, Name, queryFor, RRType, type RR } from '@callbook/dns';
import type { Random } from './random.js';

/** One question as it goes over the wire, and over what. */
export interface Asked {
  readonly name: Name;
  readonly type: number;
  readonly transport: 'udp' | 'tcp';
  readonly dnssecOk: boolean;
  readonly query: Uint8Array;
}

const types = [
  ...[RRType.A, RRType.AAAA, RRType.NS, RRType.SOA, RRType.MX, RRType.TXT, RRType.CNAME, RRType.DNAME, RRType.DS],
  ...[RRType.NAPTR, RRType.SMIMEA, RRType.OPENPGPKEY, RRType.SRV, RRType.CAA, RRType.TLSA, RRType.PTR, RRType.DNSKEY],
  ...[RRType.NSEC, RRType.NSEC3, RRType.NSEC3PARAM, RRType.RRSIG, 255, 65_400, 65_401, 0xff00],
];

/** Questions close to what is there: at it, above, below and beside it, for what it has and has not. */
export function makeQuestions(random: Random, apex: Name, records: readonly RR[], count: number): Asked[] {
  const typesAt = new Map<string, { readonly name: Name; readonly types: number[] }>();
  for (const { name, type } of records) {
    const entry = typesAt.get(name.key) ?? { name, types: [] };
    if (!entry.types.includes(type)) entry.types.push(type);
    typesAt.set(name.key, entry);
  }
  // In an order that does not depend on who wrote the zone file, so that a seed repeats the questions.
  const owners = [...typesAt.values()]
    .filter(({ types }) => !types.includes(RRType.NSEC3))
    .sort((a, b) => Name.compare(a.name, b.name));
  for (const { types } of owners) types.sort((a, b) => a - b);
  const questions: Asked[] = [];
  while (questions.length < count) {
    const base = random.pick(owners);
    const name = beside(random, apex, base.name);
    if (!name) continue;
    const there = typesAt.get(name.key)?.types ?? base.types;
    const type = random.chance(0.5) ? random.pick(there) : random.pick(types);
    questions.push(asked(random, randomCase(random, name), type));
  }
  return questions;
}

/** Other zones of the same run lie here. */
const everybodys = Name.parse('callbook.example.');

function beside(random: Random, apex: Name, name: Name): Name | undefined {
  try {
    const moved = random.pick([
      () => name,
      () => name,
      () => name,
      () => name.prepend(someLabel(random)),
      () => name.prepend(someLabel(random)),
      () => name.prepend(someLabel(random)).prepend(someLabel(random)),
      () => sibling(random, name),
      () => sibling(random, name),
      () => name.parent(),
      () => name.parent().prepend(someLabel(random)),
      () => name.parent().parent(),
      () => name.parent().parent().prepend(someLabel(random)).prepend(someLabel(random)),
      () => (random.chance(0.3) ? apex.prepend(random.octets(random.between(1, 63))) : name),
    ])();
    if (moved.isWithin(apex)) return moved;
    return random.chance(0.05) && !moved.isWithin(everybodys) ? moved : undefined; // of no zone of ours
  } catch {
    return undefined; // longer than a name may be, or above the root
  }
}

const labels = ['a', 'b', 'x', 'zz', '*', '0', '1', '5', '9', '_tcp', '_smimecert', '_openpgpkey', 'hidden', 'nothing'];
const odd = ['\0', '\xff', '.', ' '];
const someLabel = (random: Random) =>
  Buffer.from(random.chance(0.03) ? random.pick(odd) : random.pick(labels), 'latin1');

/** A name before or behind another, hardly so. */
function sibling(random: Random, name: Name): Name {
  const [first = Buffer.alloc(0)] = name.labels;
  const label = random.pick([
    () => first.map((octet, at) => (at === first.length - 1 ? (octet + 1) & 0xff : octet)),
    () => first.map((octet, at) => (at === first.length - 1 ? (octet + 255) & 0xff : octet)),
    () => Uint8Array.of(...first, random.chance(0.2) ? 0 : 0x30),
    () => first.slice(0, -1),
    () => Uint8Array.of(random.below(256)),
  ])();
  return name.parent().prepend(label);
}

/** Letters of either case (draft-vixie-dnsext-dns0x20); half of the names stay as they are. */
function randomCase(random: Random, name: Name): Name {
  if (random.chance(0.5)) return name;
  return Name.ofLabels(
    name.labels.map((label) =>
      label.map((octet) =>
        (octet | 0x20) >= 0x61 && (octet | 0x20) <= 0x7a && random.chance(0.5) ? octet ^ 0x20 : octet,
      ),
    ),
  );
}

function asked(random: Random, name: Name, type: number): Asked {
  const dnssecOk = random.chance(0.6);
  const hasEdns = dnssecOk || random.chance(0.6);
  const udpSize = random.chance(0.15) ? random.pick([0, 512, 513, 900]) : random.pick([1_232, 1_232, 4_096, 65_535]);
  const query = encodeMessage({
    ...queryFor({ name, type, class: 1 }, random.below(65_536)),
    recursionDesired: random.chance(0.3),
    checkingDisabled: random.chance(0.1),
    authenticData: random.chance(0.1),
    ...(hasEdns ? { edns: { udpSize, version: 0, dnssecOk, compactOk: false, options: [] } } : {}),
  });
  return { name, type, dnssecOk, transport: random.chance(0.15) ? 'tcp' : 'udp', query };
}
