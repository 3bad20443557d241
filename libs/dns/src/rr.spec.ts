import fc from 'fast-check';
import { expect, it } from 'vitest';
import { anyRR } from './arbitraries.js';
import { Name } from './name.js';
import { codeOf } from './rdata/every-form.js';
import { readRRs, rrsetsOf, rrsOf, writeRR } from './rr.js';
import type { RR } from './rr.js';
import { readZoneFile } from './zone-read.js';

it('writes and reads records one after the other', () => {
  fc.assert(
    fc.property(fc.array(anyRR), (rrs) => {
      expect(readRRs(Buffer.concat(rrs.map(writeRR)))).toEqual(rrs);
    }),
  );
});

it('refuses records that are cut off, compressed or too large', () => {
  const octets = writeRR(readZoneFile('a. 300 IN A 192.0.2.1')[0]!);
  for (let length = 1; length < octets.length; length += 1) {
    expect(codeOf(() => readRRs(octets.subarray(0, length)))).toBe('RDATA_MALFORMED');
  }
  expect(codeOf(() => readRRs(Uint8Array.of(0xc0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0)))).toBe('RDATA_MALFORMED');
  const large: RR = { name: Name.root, type: 16, class: 1, ttl: 0, rdata: new Uint8Array(65536) };
  expect(codeOf(() => writeRR(large))).toBe('VALUE_OUT_OF_RANGE');
});

it('groups records into sets: names without case, the lowest TTL, each record once', () => {
  const sets = rrsetsOf(
    readZoneFile(
      `
      a.example. 300 IN A 192.0.2.1
      b.example. 300 IN A 192.0.2.1
      A.example. 200 IN A 192.0.2.2
      a.example. 400 IN A 192.0.2.1
      a.example. 300 CH A 192.0.2.1
      a.example. 300 IN AAAA ::1`.replaceAll('\n      ', '\n'),
    ),
  );
  expect(sets.map(({ name, ttl, rdatas }) => [String(name), ttl, rdatas.length])).toEqual([
    ['a.example.', 200, 2],
    ['b.example.', 300, 1],
    ['a.example.', 300, 1],
    ['a.example.', 300, 1],
  ]);
  expect(rrsOf(sets[0]!).map(({ ttl }) => ttl)).toEqual([200, 200]);
});

it('keeps signatures apart by the type that they cover, so that each keeps its TTL', () => {
  const sets = rrsetsOf(
    readZoneFile(`a. 300 IN RRSIG A 13 1 300 1 0 1 . AQID
a. 60 IN RRSIG AAAA 13 1 60 1 0 1 . AQID
a. 300 IN RRSIG A 13 1 300 1 0 2 . AQID`),
  );
  expect(sets.map(({ ttl, rdatas }) => [ttl, rdatas.length])).toEqual([
    [300, 2],
    [60, 1],
  ]);
});
