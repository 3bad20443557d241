import { readFileSync } from 'node:fs';
import path from 'node:path';
import { encodeMessage, Name, Opcode, queryFor, RRClass, RRType, type Edns, type EdnsOption } from '@callbook/dns';
import type { Random } from '../oracle/random.js';

/** Hexadecimal octets at the end of each line, as in `name 0a00`; `#` begins a comment. */
export function readSeeds(file: string): Buffer[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .map((line) => Buffer.from(line.trim().split(/\s+/).at(-1)!, 'hex'));
}

/** A few packets that once made another server think: see the first lines of the file. */
export const carriedSeeds = (): Buffer[] => readSeeds(path.join(import.meta.dirname, '../vectors/bind-fuzz-seeds.txt'));

const option = (code: number, ...data: number[]): EdnsOption => ({ code, data: Uint8Array.from(data) });
const options: readonly (readonly EdnsOption[])[] = [
  [],
  [option(3)],
  [option(10, 1, 2, 3, 4, 5, 6, 7, 8)],
  [option(10, ...Array.from({ length: 24 }, (_, at) => at))],
  [option(11), option(12, 0, 0, 0)],
  [option(8, 0, 1, 24, 0, 192, 0, 2)],
  [option(65_001, 7), option(3), option(9)],
];

/** Whole queries for what is in the zone and what is not, with whatever a client may put around them. */
export function ownSeeds(apex: string): Buffer[] {
  const names = [
    '',
    'ns1.',
    '3.2.1.0.0.9.0.0.7.7.4.4.e164.',
    '4.2.1.0.0.9.0.0.7.7.4.4.e164.',
    'a.b.c.',
    '*.',
    'alias.',
    'x.moved.',
    'x.cut.',
  ];
  const types = [RRType.NAPTR, RRType.SOA, RRType.A, RRType.DS, 255, RRType.RRSIG, RRType.NSEC, 65_400];
  const seeds: Uint8Array[] = [];
  for (const [index, name] of names.entries())
    for (const [at, type] of types.entries()) {
      const edns: Edns = {
        udpSize: [512, 1_232, 4_096][(index + at) % 3]!,
        version: 0,
        dnssecOk: at % 2 === 0,
        compactOk: at % 4 === 0,
        options: options[(index * types.length + at) % options.length]!,
      };
      const question = { name: Name.parse(name + apex), type, class: RRClass.IN };
      seeds.push(encodeMessage({ ...queryFor(question, 0), ...(at % 3 === 2 ? {} : { edns }) }));
    }
  const whole = { name: Name.parse(apex), type: RRType.SOA, class: RRClass.IN };
  for (const opcode of [Opcode.IQUERY, Opcode.STATUS, 3, Opcode.NOTIFY, Opcode.UPDATE, Opcode.DSO, 15])
    seeds.push(encodeMessage({ ...queryFor(whole, 0), opcode }));
  for (const type of [251, 252, 249, 250, 41]) seeds.push(encodeMessage(queryFor({ ...whole, type }, 0)));
  for (const rrClass of [RRClass.CH, RRClass.HS, RRClass.NONE, RRClass.ANY, 0])
    seeds.push(encodeMessage(queryFor({ ...whole, class: rrClass }, 0)));
  seeds.push(encodeMessage({ ...queryFor(whole, 0), questions: [] }));
  seeds.push(encodeMessage({ ...queryFor(whole, 0), questions: [whole, whole] }));
  return seeds.map((seed) => Buffer.from(seed));
}

/** A seed, most often with one octet changed; what is marked as an answer becomes a question most of the time. */
export function packet(random: Random, seeds: readonly Buffer[]): Buffer {
  const octets = Buffer.from(random.pick(seeds));
  if (octets.length > 2 && random.chance(0.75)) octets[2]! &= 0x7f;
  if (octets.length > 0 && random.chance(0.95)) {
    const at = random.below(octets.length);
    octets[at] = random.pick([
      () => random.below(256),
      () => octets[at]! ^ (1 << random.below(8)),
      () => random.pick([0, 1, 0x3f, 0x40, 0x7f, 0x80, 0xc0, 0xff]),
    ])();
  }
  // Or cut short, which is many octets changed.
  return random.chance(0.02) ? octets.subarray(0, random.below(octets.length + 1)) : octets;
}
