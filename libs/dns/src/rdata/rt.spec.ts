import { Name } from '../name.js';
import { everyForm, refusesText, refusesWire } from './every-form.js';
import { rt } from './rt.js';

everyForm(
  rt,
  { preference: 10, host: Name.parse('Host.Example.NET') },
  {
    text: '10 Host.Example.NET.',
    hex: '000a 04486f7374074578616d706c65034e455400',
    canonical: '000a 04686f7374076578616d706c65036e657400',
  },
);
refusesText(rt, '10', '');
refusesWire(rt, '000a', '');
