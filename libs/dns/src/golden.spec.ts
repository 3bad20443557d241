import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { canonicalRdata, rdataTypes } from './rdata-types.js';
import type { RR } from './rr.js';
import { RRType, typeName } from './type-codes.js';
import { readZoneFile } from './zone-read.js';
import { writeZoneFile } from './zone-write.js';

/** The files say in their first line which tool made them of what. */
const zone = (file: string): RR[] =>
  readZoneFile(readFileSync(new URL(`testdata/${file}.zone`, import.meta.url), 'utf8'));

/** Records as octets, sorted: the tools keep, sort or group them each in its own way. */
const octetsOf = (rrs: readonly RR[]): string[] =>
  rrs
    .map((rr) => `${rr.name} ${rr.ttl} ${rr.class} ${typeName(rr.type)} ${Buffer.from(rr.rdata).toString('hex')}`)
    .sort();

it('there is a golden record of every type, but for two that BIND refuses as obsolete', () => {
  const present = new Set([...zone('every-type'), ...zone('obsolete')].map((rr) => rr.type));
  expect([...rdataTypes.keys()].filter((type) => !present.has(type))).toEqual([RRType.MD, RRType.MF]);
});

describe.each([
  { file: 'every-type', texts: ['bind', 'ldns'] },
  { file: 'obsolete', texts: ['bind'] },
])('$file.zone', ({ file, texts }) => {
  const ours = zone(file);

  it('is read to the same wire octets as by dnspython or ldns', () => {
    expect(octetsOf(ours)).toEqual(octetsOf(zone(`${file}.wire`)));
  });

  it.each(texts)('is the same octets when read from what %s wrote', (tool) => {
    expect(octetsOf(zone(`${file}.${tool}`))).toEqual(octetsOf(ours));
  });

  it('is read back from what we write, record by record', () => {
    expect(readZoneFile(writeZoneFile(ours))).toEqual(ours);
    expect(readZoneFile(writeZoneFile(ours, ours[0]!.name))).toEqual(ours);
  });
});

it('canonical form is the same as dnspython makes', () => {
  const canonical = zone('every-type').map((rr) => ({ ...rr, rdata: canonicalRdata(rr.type, rr.rdata) }));
  expect(octetsOf(canonical)).toEqual(octetsOf(zone('every-type.canonical')));
});
