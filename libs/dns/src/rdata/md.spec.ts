import { Name } from '../name.js';
import { everyForm, refusesWire } from './every-form.js';
import { md } from './md.js';

everyForm(
  md,
  { target: Name.parse('Host.Example.NET') },
  {
    text: 'Host.Example.NET.',
    hex: '04486f7374074578616d706c65034e455400',
    canonical: '04686f7374076578616d706c65036e657400',
  },
);
refusesWire(md, '', '0000');
