import { Name } from '../name.js';
import { afsdb } from './afsdb.js';
import { everyForm, refusesText } from './every-form.js';

everyForm(
  afsdb,
  { subtype: 1, host: Name.parse('Afs.example.net') },
  {
    text: '1 Afs.example.net.',
    hex: '0001 03416673076578616d706c65036e657400',
    canonical: '0001 03616673076578616d706c65036e657400',
  },
);
refusesText(afsdb, '1', 'x .');
