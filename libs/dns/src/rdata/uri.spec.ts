import { everyForm, refusesText, refusesWire } from './every-form.js';
import { uri } from './uri.js';

const long = `https://www.example.net/${'x'.repeat(300)}`;

everyForm(
  uri,
  { priority: 10, weight: 1, target: long },
  { text: `10 1 "${long}"`, hex: `000a 0001 ${Buffer.from(long).toString('hex')}` },
);
refusesText(uri, '10 1', '10 "https://www.example.net/"');
refusesWire(uri, '000a');
