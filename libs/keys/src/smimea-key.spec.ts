import { Name, smimea } from '@callbook/dns';
import { expect, it } from 'vitest';
import { generateKeyPair } from './key-pair.js';
import { keyFromSmimea, keyOwner, smimeaRdata } from './smimea-key.js';
import { refusalNow } from './refusal.js';

const { publicKey } = generateKeyPair('ed25519');

it('a key is the same after SMIMEA 3 1 0', () => {
  for (const key of [publicKey, ...(['x25519', 'p256', 'rsa'] as const).map((kind) => generateKeyPair(kind).publicKey)])
    expect(keyFromSmimea(smimeaRdata(key))).toEqual(key);
});

it('the record reads as DNS people write it', () => {
  const hex = Buffer.from(publicKey.spki).toString('hex');
  expect(
    smimea
      .writeText(smimea.read(smimeaRdata(publicKey)))
      .toLowerCase()
      .replaceAll(' ', ''),
  ).toBe(`310${hex}`);
});

it('certificates, hashes and other usages are not bare keys', () => {
  for (const [usage, selector, matching] of [
    [3, 0, 0],
    [3, 1, 1],
    [2, 1, 0],
  ] as const)
    expect(refusalNow(() => keyFromSmimea(smimea.write({ usage, selector, matching, data: publicKey.spki })))).toBe(
      'KEY_UNSUPPORTED',
    );
});

it('octets that are no key are refused', () => {
  expect(refusalNow(() => keyFromSmimea(new Uint8Array(0)))).toBe('KEY_MALFORMED');
  expect(refusalNow(() => keyFromSmimea(Uint8Array.of(3, 1, 0)))).toBe('KEY_MALFORMED');
  expect(refusalNow(() => keyFromSmimea(Uint8Array.of(3, 1, 0, 1, 2, 3)))).toBe('KEY_MALFORMED');
});

it('the keys of a node are below it', () => {
  const node = Name.parse('3.2.1.0.0.9.0.0.7.7.4.4.e164.callbook.example');
  expect(keyOwner(node).toString()).toBe('_smimecert.3.2.1.0.0.9.0.0.7.7.4.4.e164.callbook.example.');
});
