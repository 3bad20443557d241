import { everyForm, refuses, refusesText, refusesWire } from './every-form.js';
import { zonemd } from './zonemd.js';

const sample = { serial: 2026010100, scheme: 1, hashAlgorithm: 1, digest: Uint8Array.of(0xc6, 0x80) };

everyForm(zonemd, sample, { text: '2026010100 1 1 C680', hex: '78c275f4 01 01 c680' });
refuses(zonemd, { ...sample, serial: 2 ** 32 }, 'VALUE_OUT_OF_RANGE');
refusesText(zonemd, '2026010100 1 1', '2026010100 1 C680');
refusesWire(zonemd, '78c275f4 01 01');
