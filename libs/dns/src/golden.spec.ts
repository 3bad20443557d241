import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { canonicalRdata, rdataTypes } from './rdata-types.js';
import type { RR } from './rr.js';
import { typeName } from './type-codes.js';
import { readZoneFile } from './zone-read.js';
import { writeZoneFile } from './zone-write.js';

const textOfFile = (tool?: string): string =>
  readFileSync(new URL(`testdata/every-type${tool ? `.${tool}` : ''}.zone`, import.meta.url), 'utf8');
const golden = (tool?: string): RR[] => readZoneFile(textOfFile(tool));

/** Records as octets, sorted: the tools keep, sort or group them each in its own way. */
const octetsOf = (rrs: readonly RR[]): string[] =>
  rrs
    .map((rr) => `${rr.name} ${rr.ttl} ${rr.class} ${typeName(rr.type)} ${Buffer.from(rr.rdata).toString('hex')}`)
    .sort();

const ours = golden();

it('has a record of every type', () => {
  const present = new Set(ours.map((rr) => rr.type));
  expect([...rdataTypes.keys()].filter((type) => !present.has(type)).map(typeName)).toEqual([]);
});

it('reads text to the same wire octets as dnspython', () => {
  expect(octetsOf(ours)).toEqual(octetsOf(golden('wire')));
});

it.each(['bind', 'ldns'])('reads what %s wrote as the same octets', (tool) => {
  expect(octetsOf(golden(tool))).toEqual(octetsOf(ours));
});

it('makes the same canonical form as dnspython', () => {
  const canonical = ours.map((rr) => ({ ...rr, rdata: canonicalRdata(rr.type, rr.rdata) }));
  expect(octetsOf(canonical)).toEqual(octetsOf(golden('canonical')));
});

it('reads back what it wrote, record by record', () => {
  expect(readZoneFile(writeZoneFile(ours))).toEqual(ours);
  expect(readZoneFile(writeZoneFile(ours, ours[0]!.name))).toEqual(ours);
});
