import { expect, it } from 'vitest';
import { sameHash, secretHash, secretOctets } from './secret.js';

const secret = new Uint8Array(secretOctets).fill(7);

it('knows a secret again by its hash', () => {
  expect(sameHash(secretHash('a', secret), secretHash('a', secret))).toBe(true);
});

it('takes neither another secret nor the same one of another verification', () => {
  expect(sameHash(secretHash('a', secret), secretHash('a', new Uint8Array(secretOctets)))).toBe(false);
  expect(sameHash(secretHash('a', secret), secretHash('b', secret))).toBe(false);
});

it('takes a secret of the wrong length for a wrong secret', () => {
  expect(sameHash(secretHash('a', secret), secretHash('a', new Uint8Array()))).toBe(false);
  expect(sameHash(secretHash('a', secret), new Uint8Array())).toBe(false);
});
