import { everyForm, refuses, refusesText, refusesWire } from './every-form.js';
import { nsec3 } from './nsec3.js';

const sample = {
  hashAlgorithm: 1,
  flags: 1,
  iterations: 12,
  salt: Uint8Array.of(0xaa, 0xbb, 0xcc, 0xdd),
  next: Uint8Array.from(Buffer.from('174eb2409fe28bcb4887a1836f957f0a8425e27b', 'hex')),
  types: [1, 46],
};

// RFC 5155 appendix A.
everyForm(nsec3, sample, {
  text: '1 1 12 AABBCCDD 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR A RRSIG',
  hex: '01 01 000c 04aabbccdd 14174eb2409fe28bcb4887a1836f957f0a8425e27b 0006400000000002',
});
everyForm(
  nsec3,
  { ...sample, salt: new Uint8Array(0), types: [] },
  {
    text: '1 1 12 - 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR',
    hex: '01 01 000c 00 14174eb2409fe28bcb4887a1836f957f0a8425e27b',
  },
);
refuses(nsec3, { ...sample, next: new Uint8Array(0) }, 'RDATA_MALFORMED');
refuses(nsec3, { ...sample, next: new Uint8Array(256) }, 'VALUE_OUT_OF_RANGE');
refuses(nsec3, { ...sample, salt: new Uint8Array(256) }, 'VALUE_OUT_OF_RANGE');
refusesText(nsec3, '1 1 12 - W2', '1 1 12 - 2T7', '1 1 12 - 01', '1 1 12 ABC 2T7B4G4V', '1 1 12 -');
refusesWire(nsec3, '01 01 000c 00 00', '01 01 000c 05aabbccdd');
