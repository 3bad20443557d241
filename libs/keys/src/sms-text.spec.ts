import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gsm7Septets, septetsOfOneMessage } from './gsm7.js';
import { generateKeyPair } from './key-pair.js';
import { openSecret, sealSecret } from './seal.js';
import { sealedFromSms, smsTextOf } from './sms-text.js';
import { refusalNow } from './refusal.js';

const secret = Uint8Array.from({ length: 16 }, (_, at) => at);
const context = { info: 'test' };

describe.each([
  ['x25519', 69],
  ['p256', 25],
] as const)('a 16-octet secret sealed to a key of kind %s', async (kind, longestName) => {
  const { publicKey, privateJwk } = generateKeyPair(kind);
  const sealed = await sealSecret(secret, publicKey, context);

  it('is one message under every name of a directory', () => {
    for (let length = 1; length <= 253; length += 1) {
      const directory = 'a'.repeat(length);
      const text = smsTextOf(sealed, directory);
      expect(gsm7Septets(text)).toBeLessThanOrEqual(septetsOfOneMessage);
      expect(text.includes(`${directory} `)).toBe(length <= longestName);
      expect(sealedFromSms(text)).toEqual(sealed);
    }
  });

  it('opens out of the text of a message', async () => {
    const text = smsTextOf(sealed, 'callbook.example');
    expect(text).toMatch(/^callbook\.example CB1:/);
    expect(await openSecret(sealedFromSms(text), privateJwk, context)).toEqual(secret);
  });
});

describe('the sealed part of a text', () => {
  it('is found again whatever stands around it', () => {
    const around = fc.string({ unit: fc.constantFrom(...'CB1:b_-. \n#@é€'.split('')), maxLength: 40 });
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 400 }), around, around, (sealed, before, after) => {
        fc.pre(!`${before} ${after}`.includes('CB1:'));
        expect(sealedFromSms(`${before} ${smsTextOf(sealed, 'callbook.example')} ${after}`)).toEqual(sealed);
      }),
    );
  });

  it('is counted as one when the message is quoted twice', () => {
    const text = smsTextOf(secret, 'callbook.example');
    expect(sealedFromSms(`${text}\n> ${text}`)).toEqual(secret);
  });

  it.each([
    ['no text', ''],
    ['a text without one', 'Your code is 123456'],
    ['a mark with nothing behind it', 'CB1: '],
    ['a mark inside a word', 'xCB1:AAAA'],
    ['two of them', 'CB1:AAAA CB1:BBBB'],
    ['one that is cut inside an octet', 'CB1:AAAAA'],
    ['another version', 'CB2:AAAA'],
  ])('is refused: %s', (_, text) => {
    expect(refusalNow(() => sealedFromSms(text))).toBe('SMS_TEXT_MALFORMED');
  });

  it('is not put under a name that is no domain name', () => {
    for (const name of ['', 'CB1:AAAA', 'a b', 'bücher.example', '.', 'a'.repeat(254)])
      expect(refusalNow(() => smsTextOf(secret, name))).toBe('SMS_TEXT_MALFORMED');
  });
});

describe('septets', () => {
  it('are one for each character of base64url and of domain names', () => {
    const text = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_. :';
    expect(gsm7Septets(text)).toBe(text.length);
  });

  it('are two for each character of the extension table', () => {
    expect(gsm7Septets('^{}\\[~]|€\f')).toBe(20);
    expect(gsm7Septets('a€')).toBe(3);
  });

  it('number 127 characters in the basic table', () => {
    let basic = 0;
    for (let code = 0; code < 0x3000; code += 1) {
      const character = String.fromCharCode(code);
      if (refusalNow(() => gsm7Septets(character)) === 'none' && gsm7Septets(character) === 1) basic += 1;
    }
    expect(basic).toBe(127);
  });

  it.each(['`', 'ê', '😀', 'ç', '\t', '\u001b', '“'])('do not exist for %j', (text) => {
    expect(refusalNow(() => gsm7Septets(`a${text}`))).toBe('TEXT_NOT_GSM7');
  });
});
