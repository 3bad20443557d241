import { Name } from '../name.js';
import { everyForm, refusesText, refusesWire } from './every-form.js';
import { px } from './px.js';

everyForm(
  px,
  { preference: 10, map822: Name.parse('Host.Example.NET'), mapx400: Name.parse('Host.Example.NET') },
  {
    text: '10 Host.Example.NET. Host.Example.NET.',
    hex: '000a 04486f7374074578616d706c65034e455400 04486f7374074578616d706c65034e455400',
    canonical: '000a 04686f7374076578616d706c65036e657400 04686f7374076578616d706c65036e657400',
  },
);
refusesText(px, '10', '');
refusesWire(px, '000a', '');
