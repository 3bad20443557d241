import { DnsError, textOf, writeZoneFile } from '@callbook/dns';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { apex, zoneRecords } from '../signed-zone.fixture.js';
import { ZoneError } from '../zone/zone-error.js';
import { zoneOfFile } from './zone-file.js';

const folder = mkdtempSync(path.join(tmpdir(), 'zone-file-'));
afterAll(() => rmSync(folder, { recursive: true }));
const fileOf = (text: string) => {
  const file = path.join(folder, 'zone');
  writeFileSync(file, text);
  return file;
};

describe('a zone file', () => {
  it('is the zone that its SOA record names, wherever that stands', () => {
    const records = zoneRecords(7);
    for (const ordered of [records, [...records].reverse()]) {
      const store = zoneOfFile(fileOf(writeZoneFile(ordered)), 0);
      expect([`${store.apex.name}`, store.serial]).toEqual([`${apex}`, 7]);
      expect([...store.records()].map(textOf).sort()).toEqual(records.map(textOf).sort());
    }
  });

  it('may be larger than a piece, and be cut anywhere', () => {
    const long = `@ 60 SOA ns1 hostmaster 1 3600 900 604800 (\n 60 ) ; ${'é'.repeat(100)}\n`;
    const names = Array.from({ length: 40_000 }, (_, n) => `n${n} 60 TXT "é ${n}" ( ; x\n "two" )\n`);
    const store = zoneOfFile(fileOf(`$ORIGIN ${apex}\n${long}${names.join('')}`), 0);
    expect(store.size).toBe(40_001);
    const texts = new Set([...store.records()].map(textOf));
    for (let n = 0; n < 40_000; n += 1)
      expect(texts.has(`n${n}.callbook.example. 60 IN TXT "\\195\\169 ${n}" "two"`)).toBe(true);
  });

  it.each([
    ['has no SOA record', `a.${apex} 60 A 192.0.2.1\n`, ZoneError],
    ['holds a record of another zone', `${apex} 60 SOA . . 1 1 1 1 1\nexample.net. 60 A 192.0.2.1\n`, ZoneError],
    ['is none', 'hello\n', DnsError],
  ])('is refused when it %s', (_, text, error) => {
    expect(() => zoneOfFile(fileOf(text), 0)).toThrow(error);
  });
});
