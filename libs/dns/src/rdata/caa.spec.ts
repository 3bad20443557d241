import { everyForm, refuses, refusesText, refusesWire } from './every-form.js';
import { caa } from './caa.js';

const sample = { flags: 128, tag: 'issue', value: 'ca.example.net; policy=ev' };

everyForm(caa, sample, {
  text: '128 issue "ca.example.net; policy=ev"',
  hex: '80 056973737565 63612e6578616d706c652e6e65743b20706f6c6963793d6576',
});
everyForm(caa, { ...sample, value: '' }, { text: '128 issue ""', hex: '80 056973737565' });
refuses(caa, { ...sample, tag: '' }, 'RDATA_MALFORMED');
refuses(caa, { ...sample, tag: 'no-hyphen' }, 'RDATA_MALFORMED');
refusesText(caa, '128 issue', '128 "" x', '128 is.sue x');
refusesWire(caa, '80', '80 00', '80 0569', '80 022d2d');
