import { expect, it } from 'vitest';
import { Name } from '../name.js';
import { everyForm, refuses, refusesText, refusesWire } from './every-form.js';
import { svcb } from './svcb.js';

const target = Name.parse('Foo.example.org');
const octets = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));

everyForm(
  svcb,
  { priority: 0, target, params: [] },
  { text: '0 Foo.example.org.', hex: '0000 03466f6f076578616d706c65036f726700' },
);
// RFC 9460 appendix D.2
everyForm(
  svcb,
  {
    priority: 16,
    target,
    params: [
      { key: 0, value: Uint8Array.of(0, 1, 0, 4) },
      { key: 1, value: octets('\x08f\\oo,bar\x02h2') },
      { key: 4, value: Uint8Array.of(192, 0, 2, 1) },
      { key: 667, value: octets('hello\xd2qoo') },
    ],
  },
  {
    text: '16 Foo.example.org. mandatory="alpn,ipv4hint" alpn="f\\\\\\\\oo\\\\,bar,h2" ipv4hint="192.0.2.1" key667="hello\\210qoo"',
    hex: '0010 03466f6f076578616d706c65036f726700 0000 0004 00010004 0001 000c 08665c6f6f2c626172026832 0004 0004 c0000201 029b 0009 68656c6c6fd2716f6f',
  },
);
refuses(svcb, { priority: 1, target, params: [{ key: 3, value: Uint8Array.of(1) }] }, 'RDATA_MALFORMED');
refuses(
  svcb,
  {
    priority: 1,
    target,
    params: [
      { key: 9, value: octets('a') },
      { key: 9, value: octets('a') },
    ],
  },
  'RDATA_MALFORMED',
);
refusesText(
  svcb,
  '1 . alpn',
  '1 . port=',
  '1 . port=65536',
  '1 . no-default-alpn=x',
  '1 . ipv4hint=::1',
  '1 . alpn=h2,,h3',
  '1 . mandatory=nosuch',
  '1 . mandatory=alpn,alpn alpn=h2',
  '1 . mandatory=mandatory',
  '1 . key00001=x',
  '1 . key65536=x',
  '1 . alpn=h2 alpn=h3',
);
// Keys descending, the same key twice, a value over the end, a port of one octet, half an address, an empty list.
refusesWire(
  svcb,
  '0001 00 0003 0002 0050 0001 0003 026832',
  '0001 00 0003 0002 0050 0003 0002 0050',
  '0001 00 0003 0004 0050',
  '0001 00 0003 0001 50',
  '0001 00 0004 0002 c000',
  '0001 00 0001 0000',
  '0001 00 0000 0004 00040001',
  '0001 00 0002 0001 00',
);

it('sorts the parameters that it writes', () => {
  const params = [
    { key: 3, value: Uint8Array.of(0, 80) },
    { key: 1, value: octets('\x02h2') },
  ];
  expect(svcb.read(svcb.write({ priority: 1, target, params })).params.map(({ key }) => key)).toEqual([1, 3]);
});
