import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { split } from './split.js';

const pieces = fc.array(fc.record({ octets: fc.integer({ min: 1, max: 120 }) }));

describe('splitting a burst', () => {
  it('keeps a small burst in one entry, under one serial', () => {
    expect(split([{ octets: 30 }, { octets: 30 }, { octets: 40 }], 100, 10)).toHaveLength(1);
  });

  it('loses nothing, keeps the order, and never cuts a piece', () => {
    fc.assert(
      fc.property(pieces, (all) => {
        expect(split(all, 100, 5).flat()).toEqual(all);
      }),
    );
  });

  it('keeps every part within both limits, unless one piece alone is over', () => {
    fc.assert(
      fc.property(pieces, (all) =>
        split(all, 100, 5).every(
          (part) => part.length === 1 || (part.length <= 5 && part.reduce((sum, { octets }) => sum + octets, 0) <= 100),
        ),
      ),
    );
  });
});
