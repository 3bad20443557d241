import { Name, RRType, typeName } from '@callbook/dns';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recordsOf, type SignedSet } from '../zone/signed-set.js';
import { ofOperator } from '../zone/subject.js';
import { readStaticRecords, StaticRecordsError, stillInOrder } from './static-records.js';
import { staticRulesOf } from './static-rules.js';

const day = 86_400_000;
const zone = Name.parse('callbook.example');
const settings = {
  zone,
  telSuffix: Name.parse('e164.callbook.example'),
  nameservers: [
    { name: Name.parse('ns1.callbook.example'), addresses: ['192.0.2.1'] },
    { name: Name.parse('ns.hosts.callbook.example'), addresses: ['2001:db8::2'] },
    { name: Name.parse('ns.example.net'), addresses: [] },
  ],
  hostmaster: Name.parse('hostmaster.callbook.example'),
  algorithm: 13 as const,
  zoneTtl: 3_600_000,
  negativeTtl: 60_000,
  soaRefresh: 3_600_000,
  soaRetry: 600_000,
  soaExpire: 7 * day,
  refreshBefore: 14 * day,
};
const rules = staticRulesOf(settings);
const here = staticRulesOf({ ...settings, telSuffix: zone });

const problems = (text: string, against = rules): string[] => {
  try {
    readStaticRecords(text, against);
    return [];
  } catch (error) {
    if (!(error instanceof StaticRecordsError)) throw error;
    return error.problems.map(({ line, code }) => `${line} ${code}`);
  }
};
const taken = (text: string) =>
  readStaticRecords(text, rules).map(
    ({ set, unsigned }) => `${set.name} ${typeName(set.type)}${unsigned ? ' unsigned' : ''}`,
  );

describe('a file of records of the operator', () => {
  it('may hold what zones hold, with names under the apex and the TTL of the zone', () => {
    const text = `
@      TXT   "v=spf1 -all"
@      MX    10 mx
@      CAA   0 issue "ca.example.net"
@      A     192.0.2.80
www    CNAME @
mx     A     192.0.2.25
_25._tcp.mx TLSA 3 1 1 0000000000000000000000000000000000000000000000000000000000000000
_sip._tcp     SRV  0 0 5060 pbx
pbx    60 AAAA 2001:db8::5
old    DNAME example.org.
*.shop TXT   "any"
www.callbook.example. 3600 IN CNAME @
x      TYPE65280 \\# 2 ABCD
`;
    expect(problems(text)).toEqual([]);
    const sets = readStaticRecords(text, rules);
    expect(sets.map(({ unsigned }) => unsigned)).not.toContain(true);
    expect(new Set(sets.map(({ set }) => set.ttl))).toEqual(new Set([3_600, 60]));
    expect(sets.find(({ set }) => set.type === RRType.CNAME)?.set.rdatas).toHaveLength(1);
  });

  it('may be empty', () => {
    expect(taken('; nothing yet\n')).toEqual([]);
  });

  it('may delegate: NS and glue are not signed, DS is (RFC 4035 §2.2)', () => {
    const text = `
branch     NS ns.branch
branch     NS ns1
branch     NS ns.example.net.
branch     DS 1 13 2 0000000000000000000000000000000000000000000000000000000000000000
ns.branch  A  192.0.2.53
ns.branch  AAAA 2001:db8::53
self       NS self
self       A  192.0.2.54
`;
    expect(taken(text)).toEqual([
      'branch.callbook.example. NS unsigned',
      'branch.callbook.example. DS',
      'ns.branch.callbook.example. A unsigned',
      'ns.branch.callbook.example. AAAA unsigned',
      'self.callbook.example. NS unsigned',
      'self.callbook.example. A unsigned',
    ]);
  });

  it.each([
    ['is no zone file', 'www A 192.0.2.1\n\nwww A 192.0.2.256', '3 MALFORMED'],
    ['has a type that nobody knows', 'www WHAT 1', '1 MALFORMED'],
    ['has a name outside the zone', 'www.example.net. A 192.0.2.1', '1 OUTSIDE_ZONE'],
    ['has a name that only ends like the zone', 'www.xcallbook.example. A 192.0.2.1', '1 OUTSIDE_ZONE'],
    ['has another class', 'www CH TXT "x"', '1 CLASS_NOT_IN'],
    ['has an SOA', '@ SOA ns1 hostmaster 1 1 1 1 1', '1 TYPE_NOT_ALLOWED'],
    ['has a DNSKEY', '@ DNSKEY 256 3 13 AAAA', '1 TYPE_NOT_ALLOWED'],
    ['has an NSEC', 'www NSEC @ A', '1 TYPE_NOT_ALLOWED'],
    ['has a CDS', '@ CDS 0 0 0 00', '1 TYPE_NOT_ALLOWED'],
    ['has NS of the zone itself', '@ NS ns.example.net.', '1 OF_CONFIGURATION'],
    ['has an address of a nameserver', 'ns1 A 192.0.2.9', '1 OF_CONFIGURATION'],
    ['has another kind of address of a nameserver', 'NS1 AAAA 2001:db8::9', '1 OF_CONFIGURATION'],
    ['has a TTL that outlives signatures', 'www 8d A 192.0.2.1', '1 TTL_TOO_LONG'],
    ['has two TTLs in one set', 'www 60 A 192.0.2.1\nwww 61 A 192.0.2.2', '2 TTLS_DIFFER'],
    ['has something beside a CNAME', 'www CNAME a\nwww TXT "x"', '1 CNAME_NOT_ALONE'],
    ['has two CNAMEs at a name', 'www CNAME a\nWWW CNAME b', '2 CNAME_NOT_ALONE'],
    ['has a CNAME at a nameserver', 'ns1 CNAME www', '1 CNAME_NOT_ALONE'],
    ['has a CNAME at the apex', '@ CNAME www', '1 CNAME_NOT_ALONE'],
    ['has two DNAMEs at a name', 'old DNAME a\nold DNAME b', '2 DNAME_NOT_ALONE'],
    ['has something below a DNAME', 'old DNAME example.net.\na.b.old TXT "x"', '2 BELOW_DNAME'],
    ['has a DNAME at a wildcard', '*.old DNAME example.net.', '1 AT_WILDCARD'],
    ['delegates a wildcard', '*.sub NS ns.example.net.', '1 AT_WILDCARD'],
    ['has data at a cut', 'sub NS ns.example.net.\nsub TXT "x"', '2 AT_CUT'],
    ['has a DNAME at a cut', 'sub NS ns.example.net.\nsub DNAME example.net.', '2 AT_CUT'],
    ['has data below a cut', 'sub NS ns.example.net.\na.sub TXT "x"', '2 BELOW_CUT'],
    ['has an address below a cut that is no glue', 'sub NS ns.example.net.\na.sub A 192.0.2.1', '2 BELOW_CUT'],
    ['has a cut below a cut', 'sub NS ns.example.net.\na.sub NS ns.example.net.', '2 BELOW_CUT'],
    ['has a delegation to nowhere', 'sub NS ns.sub', '1 GLUE_MISSING'],
    ['has a DS without a delegation', `sub DS 1 13 2 ${'00'.repeat(32)}`, '1 DS_WITHOUT_CUT'],
    ['has a DS of the zone itself', `@ DS 1 13 2 ${'00'.repeat(32)}`, '1 DS_WITHOUT_CUT'],
    ['has an MX that is an alias', 'm CNAME www.example.net.\n@ MX 1 m', '2 TARGET_IS_ALIAS'],
    ['has a name among numbers', '4.4.e164 TXT "x"', '1 AMONG_IDENTIFIERS'],
    [
      'has a wildcard among numbers',
      '*.e164 NAPTR 1 1 "u" "E2U+sip" "!^.*$!sip:x@example.net!" .',
      '1 AMONG_IDENTIFIERS',
    ],
    ['has a name among addresses', '_x.mail TXT "x"', '1 AMONG_IDENTIFIERS'],
    ['delegates the numbers', 'e164 NS ns.example.net.', '1 SHADOWS_IDENTIFIERS'],
    ['has an alias for all addresses', 'sip DNAME example.net.', '1 SHADOWS_IDENTIFIERS'],
    ['has an alias at a suffix', 'mail CNAME www', '1 SHADOWS_IDENTIFIERS'],
    ['delegates a nameserver away', 'hosts NS ns.example.net.', '1 SHADOWS_NAMESERVER'],
    ['delegates the apex by DNAME', '@ DNAME example.net.', '1 SHADOWS_IDENTIFIERS'],
  ])('is refused when it %s', (_, text, problem) => {
    expect(problems(text)).toContain(problem);
  });

  it('may have a wildcard above identifiers only where that cannot answer for those not registered', () => {
    expect(problems('*  TXT "x"')).toEqual(['1 SHADOWS_IDENTIFIERS']);
    expect(problems('* TXT "x"\ne164 TXT "numbers"\nmail TXT "addresses"\nsip TXT "addresses"')).toEqual([]);
  });

  it('may have other names beside numbers that live right at the apex, but none with a digit in front', () => {
    expect(problems('www A 192.0.2.1\n_25._tcp TXT "x"\n44 TXT "x"', here)).toEqual([]);
    expect(problems('4 TXT "x"', here)).toEqual(['1 AMONG_IDENTIFIERS']);
    expect(problems('a.4.4 TXT "x"', here)).toEqual(['1 AMONG_IDENTIFIERS']);
    expect(problems('* TXT "x"', here)).toContain('1 AMONG_IDENTIFIERS');
  });

  it('is told all that is wrong with it at once, in order', () => {
    expect(problems('sub NS ns.sub\nwww CNAME a\nwww TXT "x"\n4.e164 TXT "x"')).toEqual([
      '1 GLUE_MISSING',
      '2 CNAME_NOT_ALONE',
      '4 AMONG_IDENTIFIERS',
    ]);
  });

  it('is refused when it cannot be published at once', () => {
    const many = Array.from({ length: 2_000 }, (_, n) => `h${n} TXT "${'x'.repeat(100)}"`).join('\n');
    expect(problems(many)).toEqual(['1 FILE_TOO_LARGE']);
    expect(problems(Array.from({ length: 900 }, (_, n) => `h${n} A 192.0.2.${n % 256}`).join('\n'))).toEqual([]);
  });

  it('of whatever octets is taken or refused, and never ends the signer', () => {
    const words = fc.constantFrom(
      '@',
      '*',
      'a',
      'a.b',
      'e164',
      'A',
      'NS',
      'DS',
      'CNAME',
      'DNAME',
      'TXT',
      '"x"',
      '(',
      ')',
      '\n',
      '$TTL',
      '60',
      'IN',
      '192.0.2.1',
      '\\',
      ';',
    );
    fc.assert(
      fc.property(fc.array(words, { maxLength: 40 }), fc.string(), (file, noise) => {
        problems(file.join(' ') + noise);
      }),
      { numRuns: 500 },
    );
  });
});

describe('records that the zone has, when the configuration changes', () => {
  const stored = (text: string): SignedSet[] =>
    readStaticRecords(text, rules).map(({ set }) => ({
      subject: ofOperator,
      owner: set.name.lower(),
      type: set.type,
      records: recordsOf(set),
      signatures: new Uint8Array([1]),
      expires: 0,
    }));
  const left = (text: string, change: Partial<typeof settings>) =>
    stillInOrder(stored(text), staticRulesOf({ ...settings, ...change })).map(({ set }) => `${set.name} ${set.type}`);

  it('stay where they are in order', () => {
    const text = 'www A 192.0.2.1\nsub NS ns.sub\nns.sub A 192.0.2.2';
    expect(left(text, {})).toEqual([
      'www.callbook.example. 1',
      'sub.callbook.example. 2',
      'ns.sub.callbook.example. 1',
    ]);
  });

  it('go where they are in the way, and with them what needs them', () => {
    const nameservers = [{ name: Name.parse('sub.callbook.example'), addresses: ['192.0.2.1'] }];
    const text = 'www A 192.0.2.1\nsub NS ns.sub\nns.sub A 192.0.2.2\nsub2 NS ns.sub';
    expect(left(text, { nameservers })).toEqual([
      'www.callbook.example. 1',
      'ns.sub.callbook.example. 1',
      'sub2.callbook.example. 2',
    ]);
    const telSuffix = Name.parse('www.callbook.example');
    expect(left('a.www A 192.0.2.1\nwww A 192.0.2.1\nx MX 1 y', { telSuffix })).toEqual([
      'www.callbook.example. 1',
      'x.callbook.example. 15',
    ]);
  });
});
