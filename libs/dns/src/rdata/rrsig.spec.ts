import { expect, it } from 'vitest';
import { Name } from '../name.js';
import { everyForm, refuses, refusesText, refusesWire } from './every-form.js';
import { rrsig } from './rrsig.js';

const sample = {
  typeCovered: 35,
  algorithm: 13,
  labels: 15,
  originalTtl: 3600,
  expiration: Date.UTC(2026, 1, 1) / 1000,
  inception: Date.UTC(2026, 0, 1) / 1000,
  keyTag: 12345,
  signer: Name.parse('Callbook.Example'),
  signature: Uint8Array.of(1, 2, 3),
};

everyForm(rrsig, sample, {
  text: 'NAPTR 13 15 3600 20260201000000 20260101000000 12345 Callbook.Example. AQID',
  hex: '0023 0d 0f 00000e10 697e9780 6955b900 3039 0843616c6c626f6f6b074578616d706c6500 010203',
  canonical: '0023 0d 0f 00000e10 697e9780 6955b900 3039 0863616c6c626f6f6b076578616d706c6500 010203',
});
refuses(rrsig, { ...sample, expiration: 2 ** 32 }, 'VALUE_OUT_OF_RANGE');
refuses(rrsig, { ...sample, signature: new Uint8Array(0) }, 'RDATA_MALFORMED');
refusesText(
  rrsig,
  'NOSUCH 13 15 3600 20260201000000 20260101000000 12345 . AQID',
  'A 13 15 3600 20261301000000 20260101000000 12345 . AQID',
  'A 13 15 3600 20260230000000 20260101000000 12345 . AQID',
  'A 13 15 3600 4294967296 1 12345 . AQID',
);
refusesWire(
  rrsig,
  '0023 0d 0f 00000e10 697e9780 6955b900 3039 00',
  '0023 0d 0f 00000e10 697e9780 6955b900 3039 c000 01',
);

it('takes times as seconds too, and times after 2106 modulo 2^32 (RFC 4034 §3.2, §3.1.5)', () => {
  const read = (expiration: string) => rrsig.readText(`A 13 2 300 ${expiration} 0 1 . AQID`.split(' ')).expiration;
  expect(read('1767225600')).toBe(sample.inception);
  expect(read('21060207062816')).toBe(0);
});
