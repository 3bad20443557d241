import { everyForm, refuses, refusesText, refusesWire } from './every-form.js';
import { dnskey } from './dnskey.js';
import type { Dnskey } from './dnskey.js';

const sample: Dnskey = { flags: 257, protocol: 3, algorithm: 13, publicKey: Uint8Array.of(1, 2, 3, 255) };

everyForm(dnskey, sample, { text: '257 3 13 AQID/w==', hex: '0101 03 0d 010203ff' });
everyForm(
  dnskey,
  { flags: 0, protocol: 3, algorithm: 0, publicKey: Uint8Array.of(0) },
  { text: '0 3 0 AA==', hex: '0000 03 00 00' },
);
refuses(dnskey, { ...sample, publicKey: new Uint8Array(0) }, 'RDATA_MALFORMED');
refuses(dnskey, { ...sample, algorithm: 256 }, 'VALUE_OUT_OF_RANGE');
refusesText(dnskey, '257 3 13 AQID/w', '257 3 13 AQID*w==', '257 2 13 AQID', '257 3 NOSUCH AQID', '257 3 13');
refusesWire(dnskey, '0101 03 0d', '0101 02 0d 01');
