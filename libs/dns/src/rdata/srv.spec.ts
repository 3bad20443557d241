import { Name } from '../name.js';
import { everyForm, refuses, refusesText, refusesWire } from './every-form.js';
import { srv } from './srv.js';

const sample = { priority: 0, weight: 5, port: 5060, target: Name.parse('Sip.example.net') };

everyForm(srv, sample, {
  text: '0 5 5060 Sip.example.net.',
  hex: '0000 0005 13c4 03536970076578616d706c65036e657400',
  canonical: '0000 0005 13c4 03736970076578616d706c65036e657400',
});
refuses(srv, { ...sample, port: 65536 }, 'VALUE_OUT_OF_RANGE');
refusesText(srv, '0 5 5060', '0 5 65536 .');
refusesWire(srv, '0000 0005 13c4');
