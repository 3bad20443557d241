import { everyForm, refuses, refusesText } from './every-form.js';
import { hinfo } from './hinfo.js';

everyForm(hinfo, { cpu: 'RFC8482', os: '' }, { text: '"RFC8482" ""', hex: '0752464338343832 00' });
refuses(hinfo, { cpu: '', os: 'x'.repeat(256) }, 'CHARACTER_STRING_TOO_LONG');
refusesText(hinfo, '"RFC8482"');
