import { describe, expect, it } from 'vitest';
import { placeOf } from './sequence-rule.js';

const head = { account: 'ann', sequence: 7, hash: 'hash-of-7' };

describe('the place of a statement', () => {
  it('is the first when nothing is published', () => {
    expect(placeOf(undefined, { account: 'ann', sequence: 1 })).toBe('first');
  });

  it('is the next when it counts on and names the one before', () => {
    expect(placeOf(head, { account: 'ann', sequence: 8, previous: 'hash-of-7' })).toBe('next');
  });

  it.each([1, 6, 7])('is used when sequence %d was taken before', (sequence) => {
    expect(placeOf(head, { account: 'ann', sequence, previous: 'whatever' })).toBe('used');
  });

  it.each([
    ['skips a sequence', head, { account: 'ann', sequence: 9, previous: 'hash-of-7' }, 'SEQUENCE_CONFLICT'],
    ['begins later than 1', undefined, { account: 'ann', sequence: 2, previous: 'hash' }, 'SEQUENCE_CONFLICT'],
    ['names another one before', head, { account: 'ann', sequence: 8, previous: 'other' }, 'PREVIOUS_MISMATCH'],
    ['names none before', head, { account: 'ann', sequence: 8 }, 'PREVIOUS_MISMATCH'],
    [
      'is the first and names one before',
      undefined,
      { account: 'ann', sequence: 1, previous: 'x' },
      'PREVIOUS_MISMATCH',
    ],
    ['is of another key', head, { account: 'eve', sequence: 8, previous: 'hash-of-7' }, 'NOT_THE_HOLDER'],
    ['is a first one of another key', head, { account: 'eve', sequence: 1 }, 'NOT_THE_HOLDER'],
    ['is of another key and wrong in all', head, { account: 'eve', sequence: 99, previous: 'x' }, 'NOT_THE_HOLDER'],
  ] as const)('is refused when it %s', (_, current, link, code) => {
    expect(() => placeOf(current, link)).toThrow(expect.objectContaining({ code }));
  });
});
