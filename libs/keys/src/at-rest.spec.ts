import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { openAtRest, sealAtRest } from './at-rest.js';
import { refusalNow } from './refusal.js';

const kek = randomBytes(32);

it('what is sealed opens with the same key for the same purpose', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.string(), (plain, purpose) => {
      const sealed = sealAtRest(plain, kek, purpose);
      expect(sealed.length).toBe(plain.length + 29);
      expect(openAtRest(sealed, kek, purpose)).toEqual(plain);
      expect(refusalNow(() => openAtRest(sealed, kek, `${purpose}!`))).toBe('AT_REST_BROKEN');
      expect(refusalNow(() => openAtRest(sealed, randomBytes(32), purpose))).toBe('AT_REST_BROKEN');
    }),
  );
});

it('every changed octet and every cut is noticed', () => {
  const sealed = sealAtRest(Buffer.from('a private key'), kek, 'zone key');
  for (let at = 0; at < sealed.length; at += 1) {
    const changed = Uint8Array.from(sealed);
    changed[at]! ^= 0x80;
    expect(refusalNow(() => openAtRest(changed, kek, 'zone key'))).toBe('AT_REST_BROKEN');
    expect(refusalNow(() => openAtRest(sealed.subarray(0, at), kek, 'zone key'))).toBe('AT_REST_BROKEN');
  }
});

it('the same is sealed differently each time', () => {
  const [one, two] = [sealAtRest(kek, kek, 'p'), sealAtRest(kek, kek, 'p')];
  expect(Buffer.compare(one, two)).not.toBe(0);
});

it('a key of another size is refused', () => {
  expect(refusalNow(() => sealAtRest(kek, kek.subarray(1), 'p'))).toBe('KEY_MALFORMED');
  expect(refusalNow(() => openAtRest(kek, new Uint8Array(0), 'p'))).toBe('KEY_MALFORMED');
});
