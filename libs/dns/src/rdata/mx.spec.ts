import { Name } from '../name.js';
import { everyForm, refuses, refusesText, refusesWire } from './every-form.js';
import { mx } from './mx.js';

const sample = { preference: 10, exchange: Name.parse('Mail.callbook.example') };

everyForm(mx, sample, {
  text: '10 Mail.callbook.example.',
  hex: '000a 044d61696c0863616c6c626f6f6b076578616d706c6500',
  canonical: '000a 046d61696c0863616c6c626f6f6b076578616d706c6500',
});
refuses(mx, { ...sample, preference: 65536 }, 'VALUE_OUT_OF_RANGE');
refusesText(mx, 'mail.callbook.example.', '65536 .', '-1 .');
refusesWire(mx, '000a');
