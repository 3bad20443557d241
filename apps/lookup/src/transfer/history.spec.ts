import { encodeJournalEntry, serialOf } from '@callbook/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChangingZone } from './changing-zone.fixture.js';
import { ZoneHistory } from './history.js';

const zone = new ChangingZone(4_294_967_290, (from) => from);
const entries = Array.from({ length: 20 }, () => zone.change());
const hexOf = (octets: Uint8Array) => Buffer.from(octets).toString('hex');
const hexes = entries.map((entry) => hexOf(encodeJournalEntry(entry)));
const sizes = entries.map((entry) => encodeJournalEntry(entry).length);
const serials = [serialOf(entries[0]!.from), ...entries.map(({ to }) => serialOf(to))];

describe('the history of a zone', () => {
  it('leads from any serial in it to any later one, over the end of the serials too', () => {
    const history = new ZoneHistory(1e6);
    for (const entry of entries) history.add(entry);
    expect(serials.at(-1)).toBe(14);
    for (let from = 0; from < serials.length; from += 1)
      for (let to = 0; to < serials.length; to += 1)
        expect(history.between(serials[from]!, serials[to]!)?.map(hexOf)).toEqual(
          from < to ? hexes.slice(from, to) : undefined,
        );
  });

  it('keeps the newest that fit, and never more octets than it may', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20_000 }), (most) => {
        const history = new ZoneHistory(most);
        for (const entry of entries) history.add(entry);
        const kept = serials.findIndex((serial) => history.between(serial, serials.at(-1)!) !== undefined);
        const octets = (from: number) => sizes.slice(from).reduce((sum, size) => sum + size, 0);
        const expected = serials.findIndex((_, index) => octets(index) <= most);
        expect(kept).toBe(expected === entries.length ? -1 : expected);
      }),
    );
  });

  it('begins again after a gap, and after the zone was replaced', () => {
    const history = new ZoneHistory(1e6);
    for (const entry of entries.filter((_, index) => index !== 7)) history.add(entry);
    expect(history.between(serials[3]!, serials.at(-1)!)).toBeUndefined();
    expect(history.between(serials[8]!, serials.at(-1)!)).toHaveLength(12);
    history.clear();
    expect(history.between(serials[8]!, serials.at(-1)!)).toBeUndefined();
  });
});
