import { expect, it } from 'vitest';
import { aaaa } from './aaaa.js';
import { everyForm, refuses, refusesText, refusesWire } from './every-form.js';

everyForm(aaaa, { address: '2001:db8::1' }, { text: '2001:db8::1', hex: '20010db8000000000000000000000001' });
everyForm(aaaa, { address: '::' }, { text: '::', hex: '00'.repeat(16) });
refuses(aaaa, { address: '192.0.2.1' }, 'RDATA_MALFORMED');
refusesText(
  aaaa,
  '2001:db8',
  '1::2::3',
  '1:2:3:4:5:6:7:8:9',
  '12345::',
  ':1::',
  '::1%lo',
  '1:2:3:4:5:6:7:8::',
  '::1.2.3',
  '::g',
  ':::',
);
refusesWire(aaaa, '', '00'.repeat(15), '00'.repeat(17));

it.each([
  ['2001:DB8:0:0:8:800:200C:417A', '20010db80000000000080800200c417a'],
  ['1:2:3:4:5:6:7::', '00010002000300040005000600070000'],
  ['::ffff:192.0.2.1', '00000000000000000000ffffc0000201'],
  ['1:2:3:4:5:6:192.0.2.1', '000100020003000400050006c0000201'],
])('reads the spelling %s', (address, hex) => {
  expect(Buffer.from(aaaa.write({ address })).toString('hex')).toBe(hex);
});
