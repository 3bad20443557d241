import { everyForm, refuses, refusesText, refusesWire } from './every-form.js';
import { nsec3param } from './nsec3param.js';

const sample = { hashAlgorithm: 1, flags: 0, iterations: 0, salt: new Uint8Array(0) };

everyForm(nsec3param, sample, { text: '1 0 0 -', hex: '01 00 0000 00' });
everyForm(nsec3param, { ...sample, salt: Uint8Array.of(0xab) }, { text: '1 0 0 AB', hex: '01 00 0000 01ab' });
refuses(nsec3param, { ...sample, iterations: 65536 }, 'VALUE_OUT_OF_RANGE');
refusesText(nsec3param, '1 0 0', '1 0 0 A');
refusesWire(nsec3param, '01 00 0000', '01 00 0000 01');
