import fc from 'fast-check';
import { getCountries, getExampleNumber } from 'libphonenumber-js/max';
import examples from 'libphonenumber-js/mobile/examples';
import { describe, expect, it } from 'vitest';
import { anyE164 } from './arbitraries.js';
import { parseE164 } from './e164.js';
import { formatPhoneNumber, parsePhoneNumber } from './phone-number.js';
import { refusal, refused } from './refusal.js';

const digitsOf = (text: string) => text.replace(/[^0-9]/g, '');

describe('the form of E.164', () => {
  it.each(['+12', '+447700900123', '+123456789012345'])('is that of %s', (text) => {
    expect(parseE164(text)).toBe(text);
  });

  it.each([
    '',
    '+',
    '+1',
    '447700900123',
    '+0447700900123',
    '+1234567890123456',
    '+44 7700900123',
    ' +447700900123',
    '+447700900123\n',
    '++447700900123',
    '+44770090012a',
    '+٤٤٧٧٠٠٩٠٠١٢٣',
    '\uff0b447700900123',
    '+44７700900123',
  ])('is not that of %j', (text) => {
    expect(refusal(() => parseE164(text))).toBe('NUMBER_MALFORMED');
  });
});

describe('a number that a person wrote', () => {
  it.each([
    ['+447700900123', '+447700900123'],
    ['+44 7700 900123', '+447700900123'],
    ['+1 (202) 555-0123', '+12025550123'],
    ['+44-7700-900-999', '+447700900999'],
  ])('%s is %s', (text, e164) => {
    expect(parsePhoneNumber(text)).toMatchObject({ e164, possible: true });
  });

  it.each([
    ['٤٤٧٧٠٠٩٠٠١٢٣', 'another script'],
    ['+44 ٧٧٠٠ ٩٠٠١٢٣', 'another script'],
    ['+44７700900123', 'another script'],
    ['07700 900123', 'does not start with +'],
    ['7700900123', 'does not start with +'],
    ['447700900123', 'does not start with +'],
    [' +447700900123', 'does not start with +'],
    ['00447700900123', 'starts with 00'],
    ['0044 7700 900123', 'starts with 00'],
    ['tel:+447700900123', 'is a URI'],
    ['tel:+447700900123;ext=5', 'is a URI'],
    ['+447700900123;phone-context=example.net', 'extension or parameters'],
    ['+44 7700 900123 ext. 5', 'extension or parameters'],
    ['+44 7700 900123 x5', 'extension or parameters'],
    ['+44 7700 900123#5', 'extension or parameters'],
    ['+44 7700 900123,5', 'extension or parameters'],
    ['+44 (0)7700 900123', 'dialled only inside'],
    ['+4407700900123', 'dialled only inside'],
    ['+54 11 15 2345 6789', 'dialled only inside'],
    ['+1 202 555 CALL', 'a character that is no digit'],
    ['+44\u00a07700\u00a0900123', 'a character that is no digit'],
    ['+44.7700.900123', 'a character that is no digit'],
    ['+44 7700 900123\u202c', 'a character that is no digit'],
    ['+44 7700 900123 ', 'between them'],
    ['+ 44 7700 900123', 'between them'],
    ['+44 +7700 900123', 'between them'],
    ['+', 'between them'],
    ['', 'does not start with +'],
    [`+44${' '.repeat(70)}7700900123`, 'too long'],
  ])('%j is refused with a reason', (text, reason) => {
    const error = refused(() => parsePhoneNumber(text));
    expect(error?.code).toBe('NUMBER_MALFORMED');
    expect(error?.message).toContain(reason);
  });

  it.each(['+999 123 456', '+2101234567', '+12'])('%s is a number of no country', (text) => {
    expect(refusal(() => parsePhoneNumber(text))).toBe('NUMBER_IMPOSSIBLE');
  });

  it('is not possible when its country has none of that length', () => {
    expect(parsePhoneNumber('+44 7700 90').possible).toBe(false);
    expect(parsePhoneNumber('+44 7700 900123 45').possible).toBe(false);
  });

  it('is possible although no data know its range yet', () => {
    expect(parsePhoneNumber('+44 7700 900123')).toEqual({ e164: '+447700900123', kind: 'unknown', possible: true });
  });

  it.each([
    ['+12025550123', 'US', 'fixed-or-mobile'],
    ['+4915112345678', 'DE', 'mobile'],
    ['+390612345678', 'IT', 'fixed'],
    ['+979123456789', undefined, 'premium-rate'],
    ['+80012345678', undefined, 'toll-free'],
  ])('%s is of %s and %s', (text, country, kind) => {
    expect(parsePhoneNumber(text)).toEqual({ e164: text, kind, possible: true, ...(country && { country }) });
  });
});

describe('digits in are digits out', () => {
  it('for every number of the right form', () => {
    fc.assert(
      fc.property(anyE164, (e164) => {
        const code = refusal(() => expect(parsePhoneNumber(e164).e164).toBe(e164));
        expect(['none', 'NUMBER_MALFORMED', 'NUMBER_IMPOSSIBLE']).toContain(code);
        expect(digitsOf(formatPhoneNumber(e164))).toBe(digitsOf(e164));
      }),
      { numRuns: 2000 },
    );
  });

  it('for every text', () => {
    const text = fc.oneof(
      fc.string({ unit: fc.constantFrom(...'+0123456789 ()-.;x٣'.split('')), maxLength: 24 }).map((rest) => `+${rest}`),
      fc.string(),
    );
    fc.assert(
      fc.property(text, (input) => {
        expect(['none', 'NUMBER_MALFORMED', 'NUMBER_IMPOSSIBLE']).toContain(
          refusal(() => expect(parsePhoneNumber(input).e164).toBe(`+${digitsOf(input)}`)),
        );
      }),
      { numRuns: 2000 },
    );
  });

  it.each(getCountries())('for the example of a mobile number in %s, whichever way it is written', (country) => {
    const example = getExampleNumber(country, examples)!;
    for (const text of [example.number, example.formatInternational()])
      expect(parsePhoneNumber(text)).toMatchObject({ e164: example.number, possible: true });
    expect(parsePhoneNumber(formatPhoneNumber(parseE164(example.number))).e164).toBe(example.number);
  });
});

describe('the way a number is shown', () => {
  it.each([
    ['+447700900123', '+44 7700 900123'],
    ['+12025550123', '+1 202 555 0123'],
    ['+999123456', '+999123456'],
    ['+4407700900123', '+4407700900123'],
  ])('is %s as %s', (e164, text) => {
    expect(formatPhoneNumber(parseE164(e164))).toBe(text);
  });
});
