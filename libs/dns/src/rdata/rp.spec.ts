import { Name } from '../name.js';
import { everyForm, refusesText, refusesWire } from './every-form.js';
import { rp } from './rp.js';

everyForm(
  rp,
  { mailbox: Name.parse('Ann.example.net'), text: Name.root },
  {
    text: 'Ann.example.net. .',
    hex: '03416e6e076578616d706c65036e657400 00',
    canonical: '03616e6e076578616d706c65036e657400 00',
  },
);
refusesText(rp, '.');
refusesWire(rp, '00');
