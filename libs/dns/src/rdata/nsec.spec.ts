import { expect, it } from 'vitest';
import { Name } from '../name.js';
import { RRType } from '../type-codes.js';
import { everyForm, refuses, refusesText, refusesWire } from './every-form.js';
import { nsec } from './nsec.js';

// RFC 4034 §4.3, with the next name spelled so that lower-casing would show (RFC 6840 §5.1: not for NSEC).
everyForm(
  nsec,
  { next: Name.parse('Host.example.com'), types: [1, 15, 46, 47, 1234] },
  {
    text: 'Host.example.com. A MX RRSIG NSEC TYPE1234',
    hex: '04486f7374076578616d706c6503636f6d00 0006400100000003 041b000000000000000000000000000000000000000000000000000020',
  },
);
everyForm(
  nsec,
  { next: Name.parse('\\000.a.example'), types: [46, 47, 53, 61, 128, 256, 65535] },
  {
    text: '\\000.a.example. RRSIG NSEC SMIMEA OPENPGPKEY NXNAME URI TYPE65535',
    hex: `01000161076578616d706c6500 0011 0000000000030404 0000000000000000 80 010180 ff20${'00'.repeat(31)}01`,
  },
);
everyForm(nsec, { next: Name.root, types: [] }, { text: '.', hex: '00' });
refuses(nsec, { next: Name.root, types: [1, 0] }, 'VALUE_OUT_OF_RANGE');
refuses(nsec, { next: Name.root, types: [65536] }, 'VALUE_OUT_OF_RANGE');
refusesText(nsec, '. A NOSUCH', '. TYPE65536', '');
// Empty window, over 32 octets, trailing zero, windows not ascending, the same window twice, cut off, compressed next name.
refusesWire(
  nsec,
  '00 0000',
  `00 0021${'ff'.repeat(33)}`,
  '00 00024000',
  '00 010140 000140',
  '00 000140 000140',
  '00 000240',
  'c00c 000140',
);

it('sorts types, keeps each once, and skips the type 0 that others write', () => {
  const rdata = nsec.write({ next: Name.root, types: [RRType.NSEC, RRType.A, RRType.NSEC, RRType.RRSIG] });
  expect(nsec.read(rdata).types).toEqual([RRType.A, RRType.RRSIG, RRType.NSEC]);
  expect(nsec.read(Uint8Array.of(0, 0, 1, 0xc0)).types).toEqual([RRType.A]);
});
