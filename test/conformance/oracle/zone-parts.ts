import type { Random } from './random.js';
import { hex } from './zone-digits.js';
import type { ZoneText } from './zone-text.js';

const words = [
  'www',
  'mail',
  'a',
  'b',
  'c',
  'ab',
  'x',
  'zz',
  'deep',
  'sub',
  '0',
  '9',
  '-',
  'xn--bcher-kva',
  'WwW',
  'Mixed',
];

/** A name in the zone, one to four labels deep. */
function someName(random: Random, apex: string): string {
  const labels = Array.from({ length: random.pick([1, 1, 1, 2, 2, 3, 4]) }, () => random.pick(words));
  return `${labels.join('.')}.${apex}`;
}

/** A name to point to: there, not there, or not in the zone. */
function target(random: Random, zone: ZoneText): string {
  return random.pick([
    () => random.pick(zone.names),
    () => someName(random, zone.apex),
    () => `${random.pick(words)}.${random.pick(zone.names.filter((name) => !name.startsWith('*')))}`,
    () => `${random.pick(words)}.example.net.`,
  ])();
}

const address = (random: Random) => `192.0.2.${random.below(256)}`;
const address6 = (random: Random) => `2001:db8::${random.below(65_536).toString(16)}`;

/** Data of types that need nothing else. */
const simple: Record<string, (random: Random, zone: ZoneText) => string> = {
  A: address,
  AAAA: address6,
  TXT: (random) => `"${'t'.repeat(random.pick([0, 1, 20, 60, 255]))}" "${random.below(1_000)}"`,
  CAA: (random) => `${random.pick([0, 128])} issue "ca${random.below(9)}.example.net"`,
  MX: (random, zone) => `${random.below(50)} ${target(random, zone)}`,
  SRV: (random, zone) => `${random.below(5)} ${random.below(5)} ${random.below(65_536)} ${target(random, zone)}`,
  TLSA: (random) => `3 1 1 ${hex(random, 32)}`,
  SSHFP: (random) => `4 2 ${hex(random, 32)}`,
  URI: (random) => `10 1 "sip:${random.below(1_000)}@example.net"`,
  HTTPS: (_, zone) => `1 . alpn="h2" ipv4hint=192.0.2.8 port=${8_000 + zone.owners.size}`,
  NAPTR: (random) => `100 10 "u" "E2U+sip" "!^.*$!sip:${random.below(1_000)}@example.net!" .`,
  TYPE65400: (random) => `\\# 4 ${hex(random, 4)}`,
};
const simpleTypes = Object.keys(simple);

function addSimple(random: Random, zone: ZoneText, name: string, type = random.pick(simpleTypes)): void {
  for (let count = random.pick([1, 1, 2, 3]); count > 0; count -= 1) zone.add(name, type, simple[type]!(random, zone));
}

export function addStatic(random: Random, zone: ZoneText): void {
  const { apex } = zone;
  for (const type of random.some(['A', 'AAAA', 'MX', 'TXT', 'CAA', 'HTTPS', 'TYPE65400'], random.between(0, 4)))
    addSimple(random, zone, apex, type);
  for (let count = random.between(1, 8); count > 0; count -= 1) {
    const name = someName(random, apex);
    for (let types = random.between(1, 3); types > 0; types -= 1) addSimple(random, zone, name);
  }
  if (random.chance(0.4)) addSimple(random, zone, `_sip._udp.${apex}`, 'SRV');
  if (random.chance(0.3)) addSimple(random, zone, `_443._tcp.www.${apex}`, 'TLSA');
}

export function addDelegations(random: Random, zone: ZoneText): void {
  for (let count = random.between(1, 3); count > 0; count -= 1) {
    const cut = random.chance(0.5) ? `d${random.below(5)}.${zone.apex}` : `d.${someName(random, zone.apex)}`;
    let isCut = false;
    for (let servers = random.between(1, 3); servers > 0; servers -= 1) {
      const server = random.pick([
        () => `ns${servers}.${cut}`,
        () => cut,
        () => `ns${servers}.example.org.`,
        () => `ns${servers}.glue.${zone.apex}`,
        () => `ns1.d1.${zone.apex}`, // below another cut, perhaps
      ])();
      isCut = zone.add(cut, 'NS', server) || isCut;
      if (!server.endsWith(zone.apex) || !isCut) continue;
      if (random.chance(0.8)) zone.add(server, 'A', address(random));
      if (random.chance(0.5)) zone.add(server, 'AAAA', address6(random));
    }
    if (!isCut) continue;
    if (random.chance(0.5)) zone.add(cut, 'DS', `${random.below(65_536)} 13 2 ${hex(random, 32)}`);
    if (random.chance(0.2)) zone.add(cut, 'DS', `${random.below(65_536)} 8 2 ${hex(random, 32)}`);
    // Occluded: there, but not of this zone.
    if (random.chance(0.3)) addSimple(random, zone, `hidden.${cut}`);
    if (random.chance(0.15)) zone.add(`lower.${cut}`, 'NS', 'ns.example.net.');
    if (random.chance(0.15)) zone.add(cut, 'TXT', '"at a cut"');
  }
}

export function addWildcards(random: Random, zone: ZoneText): void {
  for (let count = random.between(1, 3); count > 0; count -= 1) {
    const above = random.pick([
      () => zone.apex,
      () => someName(random, zone.apex),
      () => `w.${random.pick(zone.names.filter((name) => !name.startsWith('*')))}`,
    ])();
    const name = `*.${above}`;
    random.pick([
      () => addSimple(random, zone, name),
      () => addSimple(random, zone, name),
      () => zone.add(name, 'CNAME', target(random, zone)),
      () => addSimple(random, zone, `_tcp.${name}`), // the wildcard itself is an empty non-terminal
      () => addSimple(random, zone, `*.${name}`),
    ])();
    if (random.chance(0.3)) addSimple(random, zone, `sub.${name}`);
    if (random.chance(0.3)) addSimple(random, zone, `b.${above}`); // shadows the wildcard
    if (random.chance(0.3)) addSimple(random, zone, `y.b.${above}`); // an empty non-terminal does, too
  }
}

export function addAliases(random: Random, zone: ZoneText): void {
  const { apex } = zone;
  for (let count = random.between(1, 4); count > 0; count -= 1)
    zone.add(random.chance(0.5) ? `alias${count}.${apex}` : someName(random, apex), 'CNAME', target(random, zone));
  if (random.chance(0.3)) {
    const length = random.between(1, 14);
    for (let step = 0; step < length; step += 1)
      zone.add(`chain${step}.${apex}`, 'CNAME', step + 1 < length ? `chain${step + 1}.${apex}` : target(random, zone));
  }
  if (random.chance(0.2)) {
    const length = random.between(1, 3);
    for (let step = 0; step < length; step += 1)
      zone.add(`loop${step}.${apex}`, 'CNAME', `loop${(step + 1) % length}.${apex}`);
  }
  for (let count = random.pick([0, 0, 1, 2]); count > 0; count -= 1) {
    const name = random.chance(0.6) ? `moved${count}.${apex}` : `moved.${someName(random, apex)}`;
    const to = random.pick([
      () => target(random, zone),
      () => `e164.${apex}`,
      () => `moved${3 - count}.${apex}`,
      () => `${'l'.repeat(63)}.${'l'.repeat(63)}.${'l'.repeat(60)}.example.net.`,
    ])();
    if (zone.add(name, 'DNAME', to)) {
      if (random.chance(0.3)) addSimple(random, zone, name);
      if (random.chance(0.3)) zone.add(`into.${apex}`, 'CNAME', `a.${name}`);
    }
  }
}

/** Labels that are not host names, and sets that fill a packet. */
export function addOddities(random: Random, zone: ZoneText): void {
  const { apex } = zone;
  const labels = [
    '\\000',
    '\\255',
    'a\\.b',
    'with\\032space',
    '\\"',
    '\\;',
    'a\\\\b',
    '\\@',
    '\\$',
    'UPPER',
    'l'.repeat(63),
    '\\000a',
    '_',
    '\\200\\128',
  ];
  for (const label of random.some(labels, random.between(1, 4)))
    addSimple(random, zone, `${label}.${random.chance(0.7) ? apex : someName(random, apex)}`);
  if (random.chance(0.4)) {
    const name = `large.${apex}`;
    const size = random.between(5, 40);
    const type = random.pick(['TXT', 'A', 'NAPTR', 'MX'] as const);
    for (let index = 0; index < size; index += 1) {
      if (type === 'TXT') zone.add(name, 'TXT', `"${index} ${'x'.repeat(random.between(10, 120))}"`);
      else zone.add(name, type, type === 'A' ? `198.51.100.${index}` : simple[type]!(random, zone));
    }
  }
}
