import { everyForm, refuses, refusesText, refusesWire } from './every-form.js';
import { a } from './a.js';

everyForm(a, { address: '192.0.2.1' }, { text: '192.0.2.1', hex: 'c0000201' });
refuses(a, { address: '192.0.2.256' }, 'RDATA_MALFORMED');
refuses(a, { address: '::1' }, 'RDATA_MALFORMED');
refusesText(a, '192.0.2', '192.0.2.1.', '192.0.2.01', '0x7f.0.0.1', '192.0.2.1 192.0.2.2', '999.0.2.1', '192.0.2.-1');
refusesWire(a, '', 'c00002', 'c000020100');
