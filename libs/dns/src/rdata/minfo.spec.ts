import { Name } from '../name.js';
import { everyForm, refusesText, refusesWire } from './every-form.js';
import { minfo } from './minfo.js';

everyForm(
  minfo,
  { requests: Name.parse('Host.Example.NET'), errors: Name.parse('Host.Example.NET') },
  {
    text: 'Host.Example.NET. Host.Example.NET.',
    hex: '04486f7374074578616d706c65034e455400 04486f7374074578616d706c65034e455400',
    canonical: '04686f7374076578616d706c65036e657400 04686f7374076578616d706c65036e657400',
  },
);
refusesText(minfo, '.', '');
refusesWire(minfo, '00', '');
