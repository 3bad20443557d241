import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Anchor } from '../judges.js';
import { Random } from './oracle/random.js';
import { makeKeys, pemOf, signZone } from './oracle/signing.js';
import { hex, nodeOf } from './oracle/zone-digits.js';
import type { Variant } from './oracle/zone-maker.js';
import type { Question } from './tree.js';

/** A signed zone of numbers, and questions of which each has one right answer. */
export interface NumberZone {
  readonly apex: string;
  readonly file: string;
  readonly anchor: Anchor;
  /** PKCS#8 PEM, where denials are signed on line. */
  readonly denialKey?: string;
  /** Records that are there. */
  readonly present: readonly Question[];
  /** Neighbours of every number and of every digit on the way to one, other types, names above, below and beside. */
  readonly absent: readonly Question[];
}

const apex = 'callbook.example.';

export async function numberZone({
  dir,
  variant,
  count,
  seed,
}: {
  readonly dir: string;
  readonly variant: Variant;
  readonly count: number;
  readonly seed: number;
}): Promise<NumberZone> {
  const random = new Random(seed);
  const numbers = random.some(
    Array.from({ length: 1_000 }, (_, at) => `447700900${String(at).padStart(3, '0')}`),
    count,
  );
  const withKey = numbers.filter((_, at) => at % 2 === 0);
  const text = [
    `${apex} 3600 IN SOA ns1.${apex} hostmaster.${apex} 1 3600 600 86400 60`,
    `${apex} 3600 IN NS ns1.${apex}`,
    `ns1.${apex} 300 IN A 192.0.2.1`,
    ...numbers.map(
      (each) => `${nodeOf(each, apex)} 300 IN NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:alice@example.net!" .`,
    ),
    ...withKey.map((each) => `_smimecert.${nodeOf(each, apex)} 300 IN SMIMEA 3 1 0 ${hex(random, 60)}`),
    '',
  ].join('\n');
  const keys = makeKeys();
  const file = await signZone(random, { dir, apex, text, variant, keys });
  const ds = readFileSync(path.join(dir, `dsset-${apex}`), 'utf8');
  const [tag, algorithm, digest, ...data] = /\sDS\s+(.*)$/m.exec(ds)![1]!.split(/\s+/);
  return {
    apex,
    file,
    anchor: { zone: apex, ds: `${tag} ${algorithm} ${digest} ${data.join('')}` },
    ...(variant === 'compact' ? { denialKey: pemOf(keys.denial) } : {}),
    present: [
      ...numbers.map((each) => ({ name: nodeOf(each, apex), type: 'NAPTR' })),
      ...withKey.map((each) => ({ name: `_smimecert.${nodeOf(each, apex)}`, type: 'SMIMEA' })),
      ...['SOA', 'NS', 'DNSKEY'].map((type) => ({ name: apex, type })),
      { name: `ns1.${apex}`, type: 'A' },
    ],
    absent: absentFrom(numbers, withKey),
  };
}

function absentFrom(numbers: readonly string[], withKey: readonly string[]): Question[] {
  const there = new Set(numbers);
  const onTheWay = new Set(numbers.flatMap((each) => Array.from(each, (_, length) => each.slice(0, length))));
  const beside = new Set<string>();
  for (const prefix of onTheWay) for (const digit of '0123456789') beside.add(prefix + digit);
  for (const each of numbers) {
    const neighbours = [String(BigInt(each) + 1n), String(BigInt(each) - 1n), `${each}0`, `${each}99`];
    for (const neighbour of neighbours) beside.add(neighbour);
  }
  const missing = [...beside].filter((each) => !there.has(each) && !onTheWay.has(each));
  const node = (each: string) => (each === '' ? `e164.${apex}` : nodeOf(each, apex));
  return [
    ...missing.map((each) => ({ name: node(each), type: 'NAPTR' })),
    ...numbers.flatMap((each) => ['TXT', 'SMIMEA', 'TYPE65400'].map((type) => ({ name: node(each), type }))),
    ...numbers
      .filter((each) => !withKey.includes(each))
      .map((each) => ({ name: `_smimecert.${node(each)}`, type: 'SMIMEA' })),
    ...withKey.map((each) => ({ name: `_smimecert.${node(each)}`, type: 'TLSA' })),
    ...[...onTheWay].map((each) => ({ name: node(each), type: 'NAPTR' })),
    { name: `nothing.${apex}`, type: 'A' },
    { name: `*.e164.${apex}`, type: 'NAPTR' },
    { name: apex, type: 'NAPTR' },
  ];
}
