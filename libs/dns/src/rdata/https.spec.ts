import { Name } from '../name.js';
import { everyForm, refusesText } from './every-form.js';
import { https } from './https.js';

everyForm(
  https,
  {
    priority: 1,
    target: Name.root,
    params: [
      { key: 2, value: new Uint8Array(0) },
      { key: 5, value: Uint8Array.of(0, 0x43, 0xfe, 0x0d) },
    ],
  },
  { text: '1 . no-default-alpn ech="AEP+DQ=="', hex: '0001 00 0002 0000 0005 0004 0043fe0d' },
);
refusesText(https, '1 . ech=*', '1');
