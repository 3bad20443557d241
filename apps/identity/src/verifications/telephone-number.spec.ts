import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { telephoneIdentifier } from './telephone-number.js';

const outcome = (value: string, type: 'tel' | 'mailto' | 'sip' = 'tel') => {
  try {
    return telephoneIdentifier({ type, value });
  } catch (error) {
    return (error as { code: string }).code;
  }
};

/** All from ranges that Ofcom and NANPA keep for drama and examples. */
describe('a number is sent a message', () => {
  it.each([
    ['+447700900123', 'tel:+447700900123'],
    ['+44 7700 900123', 'tel:+447700900123'],
    ['+12025550123', 'tel:+12025550123'],
    ['+442079460123', 'tel:+442079460123'],
  ])('%s', (number, uri) => expect(outcome(number)).toBe(uri));

  it('when it is of a range reserved for examples, which metadata does not know', () => {
    const reserved = fc.oneof(
      fc.integer({ min: 0, max: 999 }).map((n) => `+447700900${String(n).padStart(3, '0')}`),
      fc.integer({ min: 0, max: 99 }).map((n) => `+120255501${String(n).padStart(2, '0')}`),
    );
    fc.assert(
      fc.property(reserved, (number) => {
        expect(outcome(number)).toBe(`tel:${number}`);
      }),
    );
  });
});

describe('no message is sent', () => {
  it.each([
    ['premium rate', '+449098790123'],
    ['toll-free', '+448081570123'],
  ])('%s: %s', (_, number) => expect(outcome(number)).toBe('CHANNEL_UNAVAILABLE'));

  it.each([
    '07700900123',
    '00447700900123',
    '447700900123',
    '+44 7700 900123 ext. 4',
    '٤٤٧٧٠٠٩٠٠١٢٣',
    'tel:+447700900123',
    '',
  ])('%j is not in international form', (number) => expect(outcome(number)).toBe('NUMBER_MALFORMED'));

  it('to what cannot be a number of its country', () => {
    expect(outcome('+4477009')).toBe('NUMBER_IMPOSSIBLE');
  });

  it.each(['mailto', 'sip'] as const)('to %s identifiers', (type) => {
    expect(outcome('alice@example.net', type)).toBe('CHANNEL_UNAVAILABLE');
  });
});
