import { everyForm, refusesText, refusesWire } from './every-form.js';
import { csync } from './csync.js';

// RFC 7477 §2.1.1
everyForm(
  csync,
  { serial: 66, flags: 3, types: [1, 2, 28] },
  { text: '66 3 A NS AAAA', hex: '00000042 0003 000460000008' },
);
refusesText(csync, '66', '66 3 NOSUCH');
refusesWire(csync, '00000042 0003 0000');
