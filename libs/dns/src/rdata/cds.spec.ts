import { everyForm, refuses, refusesText, refusesWire } from './every-form.js';
import { cds } from './cds.js';

const sample = { keyTag: 60485, algorithm: 13, digestType: 2, digest: Uint8Array.of(0xab, 0xcd) };

everyForm(cds, sample, { text: '60485 13 2 ABCD', hex: 'ec45 0d 02 abcd' });
everyForm(
  cds,
  { keyTag: 0, algorithm: 0, digestType: 0, digest: Uint8Array.of(0) },
  { text: '0 0 0 00', hex: '0000 00 00 00' },
);
refuses(cds, { ...sample, digest: new Uint8Array(0) }, 'RDATA_MALFORMED');
refuses(cds, { ...sample, keyTag: -1 }, 'VALUE_OUT_OF_RANGE');
refusesText(cds, '60485 13 2', '60485 13 2 ABC', '60485 13 2 XY');
refusesWire(cds, 'ec45 0d 02');
