import { Name } from '@callbook/dns';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyE164 } from './arbitraries.js';
import { parseE164 } from './e164.js';
import { nodeOf, numberAt } from './node.js';

const suffix = Name.parse('e164.callbook.example');
const alice = parseE164('+447700900123');

describe('the name of a number', () => {
  it('is its digits, the last first', () => {
    expect(nodeOf(alice, suffix).toString()).toBe('3.2.1.0.0.9.0.0.7.7.4.4.e164.callbook.example.');
    // RFC 6116 §3.2 step 4, in our reserved numbers.
    expect(nodeOf(parseE164('+12025550123'), Name.parse('e164.arpa')).toString()).toBe(
      '3.2.1.0.5.5.5.2.0.2.1.e164.arpa.',
    );
  });

  it('leads back to the number under any suffix and in any case', () => {
    const label = fc.uint8Array({ minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(anyE164, fc.array(label, { maxLength: 8 }), (e164, labels) => {
        const under = Name.ofLabels(labels);
        expect(numberAt(nodeOf(e164, under), under)).toBe(e164);
        expect(numberAt(Name.parse(nodeOf(e164, under).toString()), under)).toBe(e164);
      }),
    );
    expect(numberAt(Name.parse('3.2.1.0.0.9.0.0.7.7.4.4.E164.CallBook.example'), suffix)).toBe(alice);
  });

  it('may be under a suffix that is itself a country, as 4.4.e164.arpa', () => {
    expect(numberAt(nodeOf(alice, Name.parse('e164.arpa')), Name.parse('4.4.e164.arpa'))).toBe('+7700900123');
  });
});

describe('a name that is not that of a number', () => {
  it.each([
    ['the suffix', 'e164.callbook.example'],
    ['one digit', '4.e164.callbook.example'],
    ['a number that starts with 0', '3.2.1.0.e164.callbook.example'],
    ['too many digits', '1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.1.e164.callbook.example'],
    ['something below a number', '_smimecert.3.2.1.0.0.9.0.0.7.7.4.4.e164.callbook.example'],
    ['a letter', 'a.2.1.4.4.e164.callbook.example'],
    ['two digits in one label', '32.1.4.4.e164.callbook.example'],
    ['another suffix', '3.2.1.4.4.e164.example.net'],
    ['a suffix that only ends the same', '3.2.1.4.4.xe164.callbook.example'],
    ['a digit of eight bits', '\\178.2.1.4.4.e164.callbook.example'],
  ])('%s', (_, name) => {
    expect(numberAt(Name.parse(name), suffix)).toBeUndefined();
  });
});
