import { Name, RRType, soa, type RR } from '@callbook/dns';
import { describe, expect, it } from 'vitest';
import {
  decodeJournalEntry,
  decodeSnapshot,
  denialKeyAt,
  encodeJournalEntry,
  encodeSnapshot,
  serialOf,
} from './zone-feed.js';

const apex = Name.parse('callbook.example.');
const soaOf = (serial: number): RR => ({
  name: apex,
  type: RRType.SOA,
  class: 1,
  ttl: 3_600,
  rdata: soa.write({
    mname: Name.parse('ns1.callbook.example.'),
    rname: Name.parse('hostmaster.callbook.example.'),
    serial,
    refresh: 1,
    retry: 1,
    expire: 1,
    minimum: 1,
  }),
});
const txt = (label: string): RR => ({
  name: apex.prepend(label),
  type: RRType.TXT,
  class: 1,
  ttl: 300,
  rdata: new Uint8Array([1, 65]),
});

describe('a journal entry', () => {
  it('is an IXFR difference sequence: old SOA, removed, new SOA, added', () => {
    const entry = { from: soaOf(1), to: soaOf(2), removed: [txt('a')], added: [txt('b'), txt('c')] };
    const decoded = decodeJournalEntry(encodeJournalEntry(entry));
    expect([serialOf(decoded.from), serialOf(decoded.to)]).toEqual([1, 2]);
    expect(decoded.removed.map(({ name }) => name.toString())).toEqual(['a.callbook.example.']);
    expect(decoded.added.map(({ name }) => name.toString())).toEqual(['b.callbook.example.', 'c.callbook.example.']);
  });

  it('is refused when it is something else', () => {
    for (const octets of [new Uint8Array(), encodeSnapshot([txt('a')]), encodeSnapshot([soaOf(1), txt('a')])])
      expect(() => decodeJournalEntry(octets)).toThrow();
  });
});

describe('a snapshot', () => {
  it('is the records of the zone, one after the other', () => {
    expect(encodeSnapshot(decodeSnapshot(encodeSnapshot([soaOf(7), txt('a')])))).toEqual(
      encodeSnapshot([soaOf(7), txt('a')]),
    );
  });

  it('that was cut is refused', () => {
    const octets = encodeSnapshot([soaOf(7), txt('a')]);
    for (let length = 1; length < octets.length; length += 7)
      if (length !== encodeSnapshot([soaOf(7)]).length)
        expect(() => decodeSnapshot(octets.subarray(0, length))).toThrow();
  });
});

describe('the denial key to sign with', () => {
  const keys = [{ tag: 3, signsFrom: 300 }, { tag: 2, signsFrom: 200 }, { tag: 1 }];
  const at = (now: number, ...shown: number[]) => denialKeyAt(keys, new Set(shown), now)?.tag;

  it('is the newest whose time has come', () => {
    expect([at(199, 1, 2, 3), at(200, 1, 2, 3), at(299, 1, 2, 3), at(300, 1, 2, 3)]).toEqual([1, 2, 2, 3]);
  });

  it('is none that the zone does not show', () => {
    expect([at(300, 1, 2), at(300, 1), at(100, 2, 3), at(300)]).toEqual([2, 1, undefined, undefined]);
  });
});
