import { Name } from '../name.js';
import { everyForm, refusesText, refusesWire } from './every-form.js';
import { ns } from './ns.js';

everyForm(
  ns,
  { target: Name.parse('Host.Example.NET') },
  {
    text: 'Host.Example.NET.',
    hex: '04486f7374074578616d706c65034e455400',
    canonical: '04686f7374076578616d706c65036e657400',
  },
);
refusesText(ns, 'relative', 'a..b.', 'one.example. two.example.', '');
refusesWire(
  ns,
  '',
  'c000',
  '0161',
  '40',
  '3f616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161'.repeat(
    4,
  ) + '00',
  '0000',
);
