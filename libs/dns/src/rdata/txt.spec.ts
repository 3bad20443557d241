import { everyForm, refuses, refusesText, refusesWire } from './every-form.js';
import { txt } from './txt.js';

everyForm(
  txt,
  { strings: ['a b', '', ';"\\\xe9'] },
  { text: '"a b" "" ";\\"\\\\\\233"', hex: '03612062 00 043b225ce9' },
);
everyForm(txt, { strings: ['x'.repeat(255)] }, { text: `"${'x'.repeat(255)}"`, hex: `ff${'78'.repeat(255)}` });
refuses(txt, { strings: [] }, 'RDATA_MALFORMED');
refuses(txt, { strings: ['x'.repeat(256)] }, 'CHARACTER_STRING_TOO_LONG');
refuses(txt, { strings: Array.from({ length: 300 }, () => 'x'.repeat(255)) }, 'VALUE_OUT_OF_RANGE');
refusesText(txt, '', '"not closed', '\\25');
refusesWire(txt, '', '0361');
