import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyName, anyRR } from './arbitraries.js';
import { DnsError } from './errors.js';
import { Name } from './name.js';
import { codeOf } from './rdata/every-form.js';
import { txt } from './rdata/txt.js';
import { RRClass } from './type-codes.js';
import { readZoneFile, readZoneLines } from './zone-read.js';
import { textOf, writeZoneFile } from './zone-write.js';

const origin = Name.parse('callbook.example');
const linesOf = (text: string, options = {}): string[] => readZoneFile(text, options).map(textOf);
const messageOf = (text: string, options = {}): string => {
  try {
    readZoneFile(text, options);
    return 'no error';
  } catch (error) {
    expect((error as DnsError).code).toBe('ZONE_FILE_MALFORMED');
    return (error as DnsError).message;
  }
};

describe('a zone file', () => {
  it('has owners relative to its origin, repeated by a blank, and "@" for the origin', () => {
    const text =
      '@ 60 IN NS ns\n\tIN NS ns.example.net.\nns IN A 192.0.2.1\n$ORIGIN sub\nns A 192.0.2.2\n@ A 192.0.2.3\n';
    expect(linesOf(text, { origin })).toEqual([
      'callbook.example. 60 IN NS ns.callbook.example.',
      'callbook.example. 60 IN NS ns.example.net.',
      'ns.callbook.example. 60 IN A 192.0.2.1',
      'ns.sub.callbook.example. 60 IN A 192.0.2.2',
      'sub.callbook.example. 60 IN A 192.0.2.3',
    ]);
  });

  it('takes TTL and class in either order, or leaves them out', () => {
    for (const middle of ['300 IN', 'IN 300', '5m in', 'IN', '300', '', 'CLASS1 5M']) {
      expect(linesOf(`a. ${middle} A 192.0.2.1`, { ttl: 300 })).toEqual(['a. 300 IN A 192.0.2.1']);
    }
  });

  it('gives a TTL left out from $TTL, the caller, the record before, the SOA, in this order', () => {
    const ttls = (text: string, ttl?: number) =>
      readZoneFile(text, ttl === undefined ? {} : { ttl }).map((rr) => rr.ttl);
    expect(ttls('$TTL 1h30m\na. 1 A 192.0.2.1\na. A 192.0.2.2\n$TTL 7\na. A 192.0.2.3', 9)).toEqual([1, 5400, 7]);
    expect(ttls('a. 1 A 192.0.2.1\na. A 192.0.2.2', 9)).toEqual([1, 9]);
    expect(ttls('a. 1 A 192.0.2.1\na. A 192.0.2.2')).toEqual([1, 1]);
    expect(ttls('a. SOA . . 1 2 3 4 55\na. A 192.0.2.2')).toEqual([55, 55]);
    expect(messageOf('a. A 192.0.2.1')).toContain('line 1: a record has no TTL');
  });

  it('has owners that look like a class, a type or a TTL', () => {
    expect(linesOf('in 1 IN A 192.0.2.1\na 1 A 192.0.2.1\n300 1 A 192.0.2.1', { origin })).toEqual([
      'in.callbook.example. 1 IN A 192.0.2.1',
      'a.callbook.example. 1 IN A 192.0.2.1',
      '300.callbook.example. 1 IN A 192.0.2.1',
    ]);
  });

  it('has parentheses, comments, quotes, blank lines and line ends of any kind', () => {
    const text =
      '\uFEFF; comment (\r\n\r\n   ; indented comment\r\na. 1 TXT ( one ; comment ) "\r\n  "two ; ( three" "\\"" )four\\;\\ five\r\nb. 1 A 192.0.2.1';
    expect(linesOf(text)).toEqual(['a. 1 IN TXT "one" "two ; ( three" "\\"" "four; five"', 'b. 1 IN A 192.0.2.1']);
  });

  it('has strings next to each other, and quotes inside a service parameter', () => {
    expect(linesOf('a. 1 TXT "a""b"c')).toEqual(['a. 1 IN TXT "a" "b" "c"']);
    expect(linesOf('a. 1 SVCB 1 . alpn="h2,h3" key65000="a b"')).toEqual([
      'a. 1 IN SVCB 1 . alpn="h2,h3" key65000="a b"',
    ]);
  });

  it('has escapes in names and strings; text beyond ASCII is UTF-8 in strings only', () => {
    expect(linesOf('a\\.b\\046.\\300. 1 A 192.0.2.1'.replace('\\300', '\\200'))).toEqual([
      'a\\.b\\..\\200. 1 IN A 192.0.2.1',
    ]);
    expect(txt.read(readZoneFile('a. 1 TXT é')[0]!.rdata).strings).toEqual(['\xc3\xa9']);
    expect(messageOf('é. 1 A 192.0.2.1')).toContain('line 1');
  });

  it('has records of unknown types and classes (RFC 3597 §5)', () => {
    expect(
      linesOf('a. 1 CLASS32 TYPE731 \\# 6 abcd ( ef 01 23 45 )\na. 1 TYPE0731 \\# 0\na. 1 TYPE1 \\# 4 C0000201'),
    ).toEqual(['a. 1 CLASS32 TYPE731 \\# 6 ABCDEF012345', 'a. 1 CLASS32 TYPE731 \\# 0', 'a. 1 CLASS32 A 192.0.2.1']);
    // In quotes it is a string that happens to look like the mark.
    expect(linesOf('a. 1 TXT "\\#" 1')).toEqual(['a. 1 IN TXT "#" "1"']);
  });

  it('has rdata of a known type kept octet for octet when it is given as \\#, and written so when it is malformed', () => {
    const rr = { name: Name.root, type: 1, class: RRClass.IN, ttl: 1, rdata: Uint8Array.of(1, 2, 3) };
    expect(textOf(rr)).toBe('. 1 IN A \\# 3 010203');
    expect(messageOf(textOf(rr))).toContain('line 1');
  });

  it.each([
    ['a. 1 A 192.0.2.1\nb. 1 A', 'line 2: a field is missing'],
    ['a. 1 A 192.0.2.1 1', 'line 1: 1 fields too many'],
    ['a. 1 NOSUCH x', 'line 1: "NOSUCH" is no record type'],
    ['a. 1 IN', 'line 1: a record has no type'],
    ['a. 1 IN ANY \\# 0', 'line 1: ANY is no type of a record in a zone'],
    ['a. 1 IN OPT \\# 0', 'OPT is no type'],
    ['a. 1 IN NXNAME \\# 0', 'NXNAME is no type'],
    ['a. 1 TYPE65280 x', 'line 1: this type is only known'],
    ['a. 1 TYPE65536 \\# 0', 'is no record type'],
    ['a. 1 TYPE65280 \\# 2 00', 'line 1: "\\#" gives 1 octets, not 2'],
    ['a. 1 TYPE65280 \\# x 00', 'line 1'],
    ['a. 2147483648 A 192.0.2.1', 'line 1: a TTL is'],
    ['a. 1x A 192.0.2.1', 'line 1: a TTL is'],
    ['\n  A 192.0.2.1', 'line 2: the first record has no owner'],
    ['a 1 A 192.0.2.1', 'line 1: "a" is relative and there is no origin'],
    ['a. 1 NS b', 'line 1: "b" is relative and there is no origin'],
    ['@ 1 A 192.0.2.1', 'line 1: "@" is relative'],
    ['a. 1 TXT (\n\n"x"', 'line 1: a "(" is never closed'],
    ['a. 1 TXT\n) x', 'line 1: a field is missing'],
    ['a. 1 A 192.0.2.1 )', 'line 1: a ")" closes nothing'],
    ['a. 1 TXT "x\ny"', 'line 1: a string is not closed'],
    ['a. 1 TXT "x\\\ny"', 'line 1: a string is not closed'],
    ['a. 1 TXT x\\\ny', 'line 1: a line ends in a backslash'],
    ['a. 1 TXT x\\', 'line 1: a string has a broken escape'],
    ['$INCLUDE /etc/passwd', 'line 1: $INCLUDE is not supported'],
    ['$GENERATE 1-9 a$. A 192.0.2.$', 'line 1: $GENERATE is not supported'],
    ['$TTL', 'line 1: $TTL takes one argument'],
    ['$TTL x', 'line 1: a TTL is'],
    ['$ORIGIN a', 'line 1: "a" is relative'],
  ])('is refused with its line: %j', (text, what) => expect(messageOf(text)).toContain(what));
});

it('a record knows the line where it begins', () => {
  const text = '$ORIGIN example.net.\n$TTL 60\n\na A 192.0.2.1 ; here\n  TXT ( "x"\n "y" )\nb A 192.0.2.2\n';
  expect(readZoneLines(text).map(({ line, rr }) => [line, rr.type])).toEqual([
    [4, 1],
    [5, 16],
    [7, 1],
  ]);
});

describe('writing', () => {
  it('makes owners relative to the origin, and escapes what would be a directive', () => {
    const rrs = readZoneFile(
      '@ 1 A 192.0.2.1\n\\$ttl 1 A 192.0.2.2\n\\@ 1 A 192.0.2.3\nother.example. 1 A 192.0.2.4\nx.CALLBOOK.example. 1 A 192.0.2.5',
      { origin },
    );
    const text = writeZoneFile(rrs, origin);
    expect(text).toBe(`$ORIGIN callbook.example.
@ 1 IN A 192.0.2.1
\\$ttl 1 IN A 192.0.2.2
\\@ 1 IN A 192.0.2.3
other.example. 1 IN A 192.0.2.4
x.CALLBOOK.example. 1 IN A 192.0.2.5
`);
    expect(readZoneFile(text)).toEqual(rrs);
  });

  it('gives the same records when read, whatever the records', () => {
    const zoneRR = anyRR
      .filter(({ type, class: rrClass }) => type !== 250 && rrClass !== 255)
      .map((rr) => ({ ...rr, ttl: rr.ttl >>> 1 }));
    fc.assert(
      fc.property(fc.array(zoneRR), fc.option(anyName, { nil: undefined }), (rrs, origin) => {
        const readable = rrs.filter((rr) => codeOf(() => readZoneFile(textOf(rr))) === undefined);
        // Only octets that their own type refuses have a text that is refused: TXT and SMIMEA of the generator.
        expect(rrs.filter((rr) => !readable.includes(rr)).every((rr) => textOf(rr).includes(' \\# '))).toBe(true);
        expect(readZoneFile(writeZoneFile(readable, origin))).toEqual(readable);
      }),
    );
  });
});

describe('hostile text', () => {
  const pieces = fc.constantFrom(
    '(',
    ')',
    '"',
    '\\',
    ';',
    '\n',
    ' ',
    '\t',
    '$ORIGIN ',
    '$TTL ',
    '@',
    'a',
    '.',
    'IN ',
    'A ',
    'TXT ',
    'NAPTR ',
    'NSEC ',
    'SVCB ',
    'RRSIG ',
    'SOA ',
    '\\# ',
    '1',
    '300 ',
    '192.0.2.1',
    '=',
    'key1',
    'alpn',
    '\\000',
    '\\256',
    '\0',
    'é',
    '-',
    'AQID',
    'TYPE65280 ',
  );

  it('makes nothing throw but DnsError', () => {
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 60 }), (text) => {
        const code = codeOf(() => readZoneFile(text.join(''), { origin, ttl: 1 }));
        expect([undefined, 'ZONE_FILE_MALFORMED']).toContain(code);
      }),
      { numRuns: 2000 },
    );
  });

  it('is read in time that grows with its length only', () => {
    const start = process.cpuUsage();
    for (const piece of ['(', 'a ', '"', '\\', ';', 'a=', '" "', '\n'])
      codeOf(() => readZoneFile(piece.repeat(200_000), { origin }));
    // Of the processor, not of the clock: the machine may be busy.
    expect(process.cpuUsage(start).user / 1_000).toBeLessThan(5_000);
  });
});
