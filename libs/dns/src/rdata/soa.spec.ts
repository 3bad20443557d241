import { Name } from '../name.js';
import { everyForm, refuses, refusesText, refusesWire } from './every-form.js';
import { soa } from './soa.js';

const sample = {
  mname: Name.parse('NS1.callbook.example'),
  rname: Name.parse('host\\.master.callbook.example'),
  serial: 4294967295,
  refresh: 7200,
  retry: 900,
  expire: 604800,
  minimum: 300,
};

everyForm(soa, sample, {
  text: 'NS1.callbook.example. host\\.master.callbook.example. 4294967295 7200 900 604800 300',
  hex: '034e53310863616c6c626f6f6b076578616d706c6500 0b686f73742e6d61737465720863616c6c626f6f6b076578616d706c6500 ffffffff 00001c20 00000384 00093a80 0000012c',
  canonical:
    '036e73310863616c6c626f6f6b076578616d706c6500 0b686f73742e6d61737465720863616c6c626f6f6b076578616d706c6500 ffffffff 00001c20 00000384 00093a80 0000012c',
});
// A serial kept in 31 bits or as a signed number has broken others (CVE-2019-10203).
refuses(soa, { ...sample, serial: 4294967296 }, 'VALUE_OUT_OF_RANGE');
refuses(soa, { ...sample, serial: -1 }, 'VALUE_OUT_OF_RANGE');
refuses(soa, { ...sample, minimum: 0.5 }, 'VALUE_OUT_OF_RANGE');
refusesText(soa, '. . 1 2 3 4', '. . 1 2 3 4 5 6', '. . 4294967296 2 3 4 5', '. . 1 2x 3 4 5', '. . 0x1 2 3 4 5');
refusesWire(soa, '0000 00000001 00000002 00000003 00000004 0000');
