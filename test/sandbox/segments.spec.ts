import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { forcedToGsm7, segmentationAsUcs2, segmentationOf } from './segments.js';

describe('segments of a text', () => {
  it.each([
    ['a'.repeat(160), 'gsm7', 160, 1],
    ['a'.repeat(161), 'gsm7', 161, 2],
    ['a'.repeat(306), 'gsm7', 306, 2],
    ['a'.repeat(307), 'gsm7', 307, 3],
    ['€'.repeat(80), 'gsm7', 160, 1],
    ['€'.repeat(81), 'gsm7', 162, 2],
    ['@£$¥èéùìòÇ ÆæßÉ ΔΦΓΛΩΠΨΣΘΞ ÄÖÑÜ§¿äöñüà', 'gsm7', 38, 1],
    ['ç', 'ucs2', 1, 1],
    ['`', 'ucs2', 1, 1],
    ['😀'.repeat(35), 'ucs2', 70, 1],
    ['😀'.repeat(36), 'ucs2', 72, 2],
    [`${'ç'.repeat(67)}${'ç'.repeat(67)}`, 'ucs2', 134, 2],
    ['', 'gsm7', 0, 1],
  ] as const)('of %j', (text, encoding, units, segments) => {
    expect(segmentationOf(text)).toEqual({ encoding, units, segments });
  });

  it('never tears an escape pair: the 153rd septet of a segment stays empty before a euro sign', () => {
    expect(segmentationOf(`${'a'.repeat(152)}€${'a'.repeat(151)}`).segments).toBe(2);
    expect(segmentationOf(`${'a'.repeat(152)}€${'a'.repeat(152)}`).segments).toBe(3);
  });

  it('never tears a surrogate pair: 33 of them fill a segment of 67 units', () => {
    expect(segmentationOf('😀'.repeat(66)).segments).toBe(2);
    expect(segmentationOf('😀'.repeat(67)).segments).toBe(3);
  });

  it('counts a text in UCS-2 when that is asked for', () => {
    expect(segmentationAsUcs2('a'.repeat(71))).toEqual({ encoding: 'ucs2', units: 71, segments: 2 });
  });

  it('shows a question mark where GSM-7 is insisted on', () => {
    expect(forcedToGsm7('naïve € 😀')).toBe('na?ve € ?');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => segmentationOf(forcedToGsm7(text)).encoding === 'gsm7'),
    );
  });
});
