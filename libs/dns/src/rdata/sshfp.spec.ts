import { everyForm, refusesText, refusesWire } from './every-form.js';
import { sshfp } from './sshfp.js';

everyForm(
  sshfp,
  { algorithm: 4, fingerprintType: 2, fingerprint: Uint8Array.of(0x12, 0x34) },
  { text: '4 2 1234', hex: '04 02 1234' },
);
refusesText(sshfp, '4 2', '4 2 123');
refusesWire(sshfp, '04 02');
