import { everyForm, refuses, refusesText, refusesWire } from './every-form.js';
import { smimea } from './smimea.js';

const sample = { usage: 3, selector: 1, matching: 0, data: Uint8Array.of(0x30, 0x2a) };

everyForm(smimea, sample, { text: '3 1 0 302A', hex: '03 01 00 302a' });
refuses(smimea, { ...sample, usage: 256 }, 'VALUE_OUT_OF_RANGE');
refuses(smimea, { ...sample, data: new Uint8Array(0) }, 'RDATA_MALFORMED');
refusesText(smimea, '3 1 0', '3 1 0 3', '3 1 0 0x30', 'DANE 1 0 30');
refusesWire(smimea, '', '0301', '030100');
