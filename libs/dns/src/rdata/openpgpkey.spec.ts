import { everyForm, refuses, refusesText, refusesWire } from './every-form.js';
import { openpgpkey } from './openpgpkey.js';

everyForm(openpgpkey, { data: Uint8Array.of(0x99, 1, 0) }, { text: 'mQEA', hex: '990100' });
refuses(openpgpkey, { data: new Uint8Array(0) }, 'RDATA_MALFORMED');
refusesText(openpgpkey, '', 'mQE', '-----');
refusesWire(openpgpkey, '');
