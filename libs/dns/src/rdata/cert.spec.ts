import { everyForm, refuses, refusesText, refusesWire } from './every-form.js';
import { cert } from './cert.js';

const sample = { certType: 3, keyTag: 0, algorithm: 0, data: Uint8Array.of(0x99, 1, 0) };

everyForm(cert, sample, { text: '3 0 0 mQEA', hex: '0003 0000 00 990100' });
refuses(cert, { ...sample, certType: 65536 }, 'VALUE_OUT_OF_RANGE');
refusesText(cert, 'NOSUCH 0 0 mQEA', 'PGP 0 0', '1e2 0 0 mQEA', '0x3 0 0 mQEA');
refusesWire(cert, '0003 0000 00');
