import { Name } from '../name.js';
import { everyForm, refuses, refusesText, refusesWire } from './every-form.js';
import { naptr } from './naptr.js';

const sample = {
  order: 100,
  preference: 10,
  flags: 'u',
  services: 'E2U+sip',
  regexp: '!^.*$!sip:alice@example.net!',
  replacement: Name.root,
};

everyForm(naptr, sample, {
  text: '100 10 "u" "E2U+sip" "!^.*$!sip:alice@example.net!" .',
  hex: '0064 000a 0175 074532552b736970 1c215e2e2a24217369703a616c696365406578616d706c652e6e657421 00',
});
everyForm(
  naptr,
  { ...sample, flags: '', regexp: '"\\1\xff\0', replacement: Name.parse('Next.Example.NET') },
  {
    text: '100 10 "" "E2U+sip" "\\"\\\\1\\255\\000" Next.Example.NET.',
    hex: '0064 000a 00 074532552b736970 05225c31ff00 044e657874074578616d706c65034e455400',
    canonical: '0064 000a 00 074532552b736970 05225c31ff00 046e657874076578616d706c65036e657400',
  },
);
refuses(naptr, { ...sample, regexp: 'x'.repeat(256) }, 'CHARACTER_STRING_TOO_LONG');
refuses(naptr, { ...sample, services: 'x'.repeat(256) }, 'CHARACTER_STRING_TOO_LONG');
refuses(naptr, { ...sample, flags: '\u0100' }, 'VALUE_OUT_OF_RANGE');
refuses(naptr, { ...sample, order: 65536 }, 'VALUE_OUT_OF_RANGE');
refusesText(
  naptr,
  `1 1 "u" "E2U+sip" "${'x'.repeat(256)}" .`,
  '1 1 "u" "E2U+sip" .',
  '1 1 "u" "E2U+sip" "" . .',
  '1 1 "\\256" "" "" .',
  '1 1 "u',
);
refusesWire(naptr, '0001 0001 00 00 00', '0001 0001 05 75');
