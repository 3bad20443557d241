import { serialCompare } from '@callbook/dns';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { latestSerial, nextSerial } from './serial.js';

const serials = fc.nat({ max: 0xffff_ffff });
const noon = Date.parse('2026-11-25T12:00:00Z');

describe('the next serial', () => {
  it('is the Unix time in a zone that never had one, past 2038 too', () => {
    expect(nextSerial(undefined, 3_000_000_000_000)).toBe(3_000_000_000);
  });

  it('is the Unix time when the zone was quiet', () => {
    expect(nextSerial(noon / 1_000 - 500, noon)).toBe(noon / 1_000);
  });

  it('is one more when several changes share a second, and when the clock is behind', () => {
    expect(nextSerial(noon / 1_000, noon)).toBe(noon / 1_000 + 1);
    expect(nextSerial(noon / 1_000 + 500, noon)).toBe(noon / 1_000 + 501);
  });

  it('is always a step forward in the circle (RFC 1982 §3.2), whatever the clock says', () => {
    fc.assert(
      fc.property(serials, serials, (current, time) => serialCompare(nextSerial(current, time * 1_000), current) > 0),
    );
  });

  it('goes through the wrap one by one while the time lies behind', () => {
    const time = 0xffff_ff00 * 1_000;
    let serial = 0xffff_fffa;
    const seen = Array.from({ length: 20 }, () => (serial = nextSerial(serial, time)));
    expect(seen.slice(0, 7)).toEqual([0xffff_fffb, 0xffff_fffc, 0xffff_fffd, 0xffff_fffe, 0xffff_ffff, 0, 1]);
    expect(seen.at(-1)).toBe(14);
  });

  it('comes after 2106, when Unix time itself has wrapped', () => {
    const time = (2 ** 32 + 1_000) * 1_000;
    expect(nextSerial(0xffff_ff00, time)).toBe(1_000);
  });
});

describe('the latest serial', () => {
  it('is found over the wrap', () => {
    expect(latestSerial(0xffff_fff0, 5, 0xffff_fff8)).toBe(5);
  });

  it('is the first one where RFC 1982 defines no order', () => {
    expect(latestSerial(7, 7 + 2 ** 31)).toBe(7);
  });

  it('is the only one that there is', () => {
    expect(latestSerial(undefined, 4_000_000_000, undefined)).toBe(4_000_000_000);
    expect(latestSerial(undefined)).toBeUndefined();
  });
});
