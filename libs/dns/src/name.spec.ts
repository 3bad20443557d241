import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyName } from './arbitraries.js';
import { Name } from './name.js';
import { codeOf } from './rdata/every-form.js';

const parse = Name.parse;
const label = (size: number): string => 'x'.repeat(size);
const hexOf = (name: Name): string => Buffer.from(name.wire).toString('hex');

describe('presentation form', () => {
  it.each([
    ['.', '00'],
    ['a', '016100'],
    ['Example.NET.', '074578616d706c65034e455400'],
    ['a\\.b.c', '03612e62016300'],
    ['\\000\\255\\032.x', '0300ff20017800'],
    ['\\\\\\"\\;.', '035c223b00'],
    ['a\\.', '02612e00'],
  ])('reads %s as octets', (text, hex) => {
    expect(hexOf(parse(text))).toBe(hex);
    expect(parse(parse(text).toString()).equals(parse(text))).toBe(true);
  });

  it('is written absolute, with what means something in a zone file escaped', () => {
    expect(String(Name.ofLabels([Buffer.from('a.b\\"();@$\xff\0 ', 'latin1')]))).toBe(
      'a\\.b\\\\\\"\\(\\)\\;\\@\\$\\255\\000\\032.',
    );
    expect(String(Name.root)).toBe('.');
    expect(JSON.stringify({ name: parse('a.b') })).toBe('{"name":"a.b."}');
  });

  it.each([
    ['', 'LABEL_EMPTY'],
    ['a..b', 'LABEL_EMPTY'],
    ['.a', 'LABEL_EMPTY'],
    ['a..', 'LABEL_EMPTY'],
    ['..', 'LABEL_EMPTY'],
    [label(64), 'LABEL_TOO_LONG'],
    [`${label(68)}.example`, 'LABEL_TOO_LONG'],
    [label(5000), 'LABEL_TOO_LONG'],
    [Array(4).fill(label(63)).join('.'), 'NAME_TOO_LONG'],
    [Array(500).fill('a').join('.'), 'NAME_TOO_LONG'],
    ['a\\', 'NAME_MALFORMED'],
    ['a\\25', 'NAME_MALFORMED'],
    ['a\\256', 'NAME_MALFORMED'],
    ['a b', 'NAME_MALFORMED'],
    ['a\0', 'NAME_MALFORMED'],
    ['bücher.example', 'NAME_MALFORMED'],
    ['\u0661.example', 'NAME_MALFORMED'],
  ])('refuses %j', (text, code) => expect(codeOf(() => parse(text))).toBe(code));

  it('takes labels of 63 octets and names of 255', () => {
    const longest = [label(63), label(63), label(63), label(61)].join('.');
    expect(parse(longest).wire.length).toBe(255);
    expect(codeOf(() => parse(`${longest}x`))).toBe('NAME_TOO_LONG');
    expect(parse(Array(127).fill('a').join('.')).labelCount).toBe(127);
    expect(parse(label(63)).labels).toEqual([new Uint8Array(63).fill(0x78)]);
  });

  it('round trips for any octets', () => {
    fc.assert(
      fc.property(anyName, (name) => {
        expect(parse(name.toString()).wire).toEqual(name.wire);
      }),
    );
  });

  it('throws nothing but DnsError for any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void codeOf(() => parse(text))));
  });
});

describe('wire form', () => {
  it('is read where it stands, and copied', () => {
    const octets = Uint8Array.of(9, 1, 0x61, 0, 9);
    const { name, end } = Name.read(octets, 1);
    octets.fill(0);
    expect([String(name), end]).toEqual(['a.', 4]);
  });

  it.each(['', '01', '0161', 'c000', '4000', `${'3f' + '61'.repeat(63)}`.repeat(4) + '00'])('refuses %s', (hex) => {
    expect(['NAME_MALFORMED', 'NAME_TOO_LONG']).toContain(codeOf(() => Name.read(Buffer.from(hex, 'hex'))));
  });

  it('round trips', () => {
    fc.assert(
      fc.property(anyName, fc.uint8Array({ maxLength: 5 }), (name, after) => {
        expect(Name.read(Uint8Array.from([...name.wire, ...after]))).toEqual({ name, end: name.wire.length });
        expect(Name.ofLabels(name.labels)).toEqual(name);
      }),
    );
  });

  it.each([
    [[new Uint8Array(0)], 'LABEL_EMPTY'],
    [[new Uint8Array(64)], 'LABEL_TOO_LONG'],
    [Array(4).fill(new Uint8Array(63)), 'NAME_TOO_LONG'],
  ])('is not made of broken labels (%#)', (labels, code) => expect(codeOf(() => Name.ofLabels(labels))).toBe(code));
});

describe('equality', () => {
  it('ignores the case of ASCII letters and of nothing else', () => {
    expect(parse('WWW.Example').equals(parse('www.eXAMPLE'))).toBe(true);
    expect(parse('\\192').equals(parse('\\224'))).toBe(false);
    expect(parse('@').equals(parse('`'))).toBe(false);
    expect(parse('[').equals(parse('{'))).toBe(false);
  });

  it('tells a dot inside a label from one between labels', () => {
    expect(parse('a\\.b.com').equals(parse('a.b.com'))).toBe(false);
    expect(parse('a\\.b.com').key).not.toBe(parse('a.b.com').key);
  });

  it('keeps case in the octets and loses it in key and lower()', () => {
    const name = parse('Ab.C\\200');
    expect(hexOf(name)).toBe('02416202' + '43c800');
    expect(name.key).toBe('\x02ab\x02c\xc8\0');
    expect(String(name.lower())).toBe('ab.c\\200.');
    expect(name.lower().lower()).toEqual(name.lower());
  });
});

describe('the tree', () => {
  const apex = parse('callbook.example');

  it('goes up and down', () => {
    expect(String(apex.prepend('e164').prepend(Uint8Array.of(0)))).toBe('\\000.e164.callbook.example.');
    expect(String(apex.prepend('a.b'))).toBe('a\\.b.callbook.example.');
    expect(String(apex.parent().parent())).toBe('.');
    expect(codeOf(() => Name.root.parent())).toBe('NAME_MALFORMED');
    expect(String(parse('a.b').concat(apex))).toBe('a.b.callbook.example.');
    expect(Name.root.concat(apex)).toEqual(apex);
  });

  it('refuses children that are too long', () => {
    const long = parse([label(63), label(63), label(63)].join('.'));
    expect(codeOf(() => long.prepend(label(63)))).toBe('NAME_TOO_LONG');
    expect(codeOf(() => long.concat(long))).toBe('NAME_TOO_LONG');
    expect(codeOf(() => apex.prepend(''))).toBe('LABEL_EMPTY');
    expect(codeOf(() => apex.prepend(label(64)))).toBe('LABEL_TOO_LONG');
    expect(codeOf(() => apex.prepend('é'))).toBe('NAME_MALFORMED');
  });

  it('knows what is within what', () => {
    expect(parse('1.E164.Callbook.Example').isWithin(apex)).toBe(true);
    expect(apex.isWithin(apex)).toBe(true);
    expect(apex.isWithin(Name.root)).toBe(true);
    expect(apex.isWithin(parse('1.callbook.example'))).toBe(false);
    expect(parse('notcallbook.example').isWithin(apex)).toBe(false);
    // One label whose last octets look like "\x07example\0": the same octets, but not at a label's start.
    expect(parse('a\\007example').isWithin(parse('example'))).toBe(false);
  });

  it('is consistent for any names', () => {
    fc.assert(
      fc.property(anyName, anyName, (name, suffix) => {
        fc.pre(name.wire.length + suffix.wire.length <= 256);
        const whole = name.concat(suffix);
        expect(whole.isWithin(suffix)).toBe(true);
        expect(whole.labelCount).toBe(name.labelCount + suffix.labelCount);
        expect(suffix.isWithin(whole)).toBe(name.labelCount === 0);
      }),
    );
  });
});

describe('canonical order (RFC 4034 §6.1)', () => {
  it('sorts the example of the RFC', () => {
    const sorted = [
      'example',
      'a.example',
      'yljkjljk.a.example',
      'Z.a.example',
      'zABC.a.EXAMPLE',
      'z.example',
      '\\001.z.example',
      '*.z.example',
      '\\200.z.example',
    ];
    const names = sorted.map(parse);
    expect([...names].reverse().sort(Name.compare).map(String)).toEqual(names.map(String));
  });

  it('is a total order in which equal means the same name', () => {
    fc.assert(
      fc.property(anyName, anyName, anyName, (a, b, c) => {
        expect(Math.sign(Name.compare(a, b))).toBe(-Math.sign(Name.compare(b, a)) + 0);
        expect(Name.compare(a, b) === 0).toBe(a.equals(b));
        expect(a.key === b.key).toBe(a.equals(b));
        const [x, y, z] = [a, b, c].sort(Name.compare) as [Name, Name, Name];
        expect(Name.compare(x, y)).toBeLessThanOrEqual(0);
        expect(Name.compare(y, z)).toBeLessThanOrEqual(0);
        expect(Name.compare(x, z)).toBeLessThanOrEqual(0);
      }),
    );
  });

  it('has every name before all below it, and those before every later sibling', () => {
    fc.assert(
      fc.property(anyName, anyName, anyName, (suffix, below, other) => {
        fc.pre(below.labelCount > 0 && suffix.wire.length + below.wire.length <= 256);
        const child = below.concat(suffix);
        expect(Name.compare(suffix, child)).toBeLessThan(0);
        if (Name.compare(other, suffix) > 0 && !other.isWithin(suffix))
          expect(Name.compare(child, other)).toBeLessThan(0);
      }),
    );
  });
});
