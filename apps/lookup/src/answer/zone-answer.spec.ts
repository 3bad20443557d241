import { Name, nsec, Rcode, RRType, typeName, type Message, type RR } from '@callbook/dns';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apex } from '../signed-zone.fixture.js';
import { askingFor, dnssec, typesOf, type Asking } from './asking.fixture.js';
import { chainedZone, chains, type Chain } from './chained-zone.fixture.js';

const text = `@ 3600 SOA ns1 hostmaster 7 3600 900 604800 60
@ 3600 NS ns1
@ 3600 NS ns.example.net.
@ MX 10 mail
@ MX 20 mail.example.net.
ns1 A 192.0.2.1
ns1 AAAA 2001:db8::1
mail A 192.0.2.2
_sip._udp SRV 0 0 5060 mail
alias CNAME mail
alias2 CNAME Alias
dangling CNAME missing
astray CNAME away.example.net.
across CNAME host.child
loop1 CNAME loop2
loop2 CNAME loop1
moved DNAME other
host.other A 192.0.2.3
gone DNAME example.net.
round DNAME round
long DNAME ${'x'.repeat(60)}.${'y'.repeat(60)}.${'z'.repeat(60)}.example.net.
*.wild A 192.0.2.4
*.wild TXT "wild"
below.there.wild A 192.0.2.5
*.wildalias CNAME mail
below.*.emptywild TXT "below"
child NS ns.child
child NS ns.sibling
ns.child A 192.0.2.6
ns.sibling A 192.0.2.7
below.child TXT "not ours"
secure NS ns.example.net.
secure DS 4711 13 2 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
deep.down.child2 NS ns.example.net.
3.2.1.0.0.9.0.0.7.7.4.4.e164 NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:alice@example.net!" .
`;
const name = (label: string) => (label === '@' ? 'callbook.example.' : `${label}.callbook.example.`);
const shortened = (record: RR) =>
  `${record.name.toString().replace(/\.?callbook\.example\.$/, '') || '@'} ${typeName(record.type)}`;
const shown = (records: readonly RR[]) => records.filter(({ type }) => type !== RRType.RRSIG).map(shortened);

/** Asked for, what it is, the answers, and what a validator makes of it. */
const expected: readonly (readonly [string, string, keyof typeof Rcode, readonly string[], string])[] = [
  ['mail', 'A', 'NOERROR', ['mail A'], 'answer'],
  ['mail', 'AAAA', 'NOERROR', [], 'nodata'],
  ['alias', 'A', 'NOERROR', ['alias CNAME', 'mail A'], 'answer'],
  ['alias', 'CNAME', 'NOERROR', ['alias CNAME'], 'answer'],
  ['alias', 'TXT', 'NOERROR', ['alias CNAME'], 'nodata'],
  ['alias2', 'A', 'NOERROR', ['alias2 CNAME', 'Alias CNAME', 'mail A'], 'answer'],
  ['dangling', 'A', 'NXDOMAIN', ['dangling CNAME'], 'nxdomain'],
  ['astray', 'A', 'NOERROR', ['astray CNAME'], ''],
  ['across', 'A', 'NOERROR', ['across CNAME'], ''],
  ['loop1', 'A', 'NOERROR', ['loop1 CNAME', 'loop2 CNAME'], ''],
  ['host.moved', 'A', 'NOERROR', ['moved DNAME', 'host.moved CNAME', 'host.other A'], 'answer'],
  ['none.moved', 'A', 'NXDOMAIN', ['moved DNAME', 'none.moved CNAME'], 'nxdomain'],
  ['moved', 'DNAME', 'NOERROR', ['moved DNAME'], 'answer'],
  ['moved', 'A', 'NOERROR', [], 'nodata'],
  ['other', 'A', 'NOERROR', [], 'nodata'],
  ['a.b.gone', 'A', 'NOERROR', ['gone DNAME', 'a.b.gone CNAME'], ''],
  ['x.round', 'A', 'NOERROR', ['round DNAME', 'x.round CNAME'], ''],
  [`${'a'.repeat(63)}.long`, 'A', 'YXDOMAIN', ['long DNAME'], ''],
  ['any.wild', 'A', 'NOERROR', ['any.wild A'], 'answer'],
  ['a.b.wild', 'TXT', 'NOERROR', ['a.b.wild TXT'], 'answer'],
  ['any.wild', 'MX', 'NOERROR', [], 'nodata'],
  ['*.wild', 'A', 'NOERROR', ['*.wild A'], 'answer'],
  ['*.wild', 'MX', 'NOERROR', [], 'nodata'],
  ['wild', 'A', 'NOERROR', [], 'nodata'],
  ['there.wild', 'A', 'NOERROR', [], 'nodata'],
  ['none.there.wild', 'A', 'NXDOMAIN', [], 'nxdomain'],
  ['any.wildalias', 'A', 'NOERROR', ['any.wildalias CNAME', 'mail A'], 'answer'],
  ['any.wildalias', 'TXT', 'NOERROR', ['any.wildalias CNAME'], 'nodata'],
  ['any.emptywild', 'A', 'NOERROR', [], 'nodata'],
  ['*.emptywild', 'A', 'NOERROR', [], 'nodata'],
  ['child', 'DS', 'NOERROR', [], 'nodata'],
  ['secure', 'DS', 'NOERROR', ['secure DS'], 'answer'],
  ['child', 'A', 'NOERROR', [], 'insecure'],
  ['below.child', 'TXT', 'NOERROR', [], 'insecure'],
  ['a.b.c.child', 'TXT', 'NOERROR', [], 'insecure'],
  ['deep.down.child2', 'TXT', 'NOERROR', [], 'insecure'],
  ['4.4.e164', 'NAPTR', 'NOERROR', [], 'nodata'],
  ['3.2.1.0.0.9.0.0.7.7.4.4.e164', 'NAPTR', 'NOERROR', ['3.2.1.0.0.9.0.0.7.7.4.4.e164 NAPTR'], 'answer'],
  ['9.3.2.1.0.0.9.0.0.7.7.4.4.e164', 'NAPTR', 'NXDOMAIN', [], 'nxdomain'],
  ['9.9.9.9.e164', 'NAPTR', 'NXDOMAIN', [], 'nxdomain'],
  ['@', 'DS', 'NOERROR', [], ''],
  ['@', 'TXT', 'NOERROR', [], 'nodata'],
  ['none', 'A', 'NXDOMAIN', [], 'nxdomain'],
  ['a.b.c.d.none', 'A', 'NXDOMAIN', [], 'nxdomain'],
];

describe.each(chains)('an answer from a zone whose denials are: %s', (chain: Chain) => {
  const asking: Asking = askingFor(chainedZone(text, chain));
  const { ask, validate } = asking;
  const isReferral = (kind: string) => kind === 'insecure';

  it.each(expected)('to %s %s is %s with %j', async (label, type, rcode, answers, kind) => {
    for (const edns of [undefined, { ...dnssec, compactOk: true }, dnssec]) {
      const reply = ask(name(label), type, { carrier: 'tcp', ...(edns && { edns }) });
      const hidden = chain === 'compact' && edns === dnssec && rcode === 'NXDOMAIN';
      expect(reply).toMatchObject({
        rcode: hidden ? Rcode.NOERROR : Rcode[rcode],
        authoritative: !isReferral(kind),
        truncated: false,
      });
      expect(shown(reply.answers)).toEqual(answers);
      const signatures = reply.answers.filter((record) => record.type === RRType.RRSIG);
      if (!edns || chain === 'unsigned') expect(signatures).toEqual([]);
    }
    if (kind === '' || chain === 'unsigned') return;
    const verdict = await validate(name(label), type);
    // What needs a denial cannot be proved where unsigned delegations may hide.
    const denies = kind !== 'answer' || label.includes('wild');
    if (chain === 'nsec3 with opt-out' && denies && verdict.status === 'insecure') return;
    expect(verdict).toMatchObject(isReferral(kind) ? { status: 'insecure' } : { status: 'secure', kind });
  });

  it('without data brings the SOA, kept no longer than MINIMUM', () => {
    for (const [label, type] of [
      ['mail', 'TXT'],
      ['none', 'A'],
      ['alias', 'TXT'],
      ['any.wild', 'MX'],
    ] as const) {
      const { authorities } = ask(name(label), type);
      expect(authorities).toMatchObject([{ type: RRType.SOA, ttl: 60 }]);
      expect(authorities[0]!.name.equals(apex)).toBe(true);
    }
  });

  it('that refers to another zone has its servers, with the addresses that are below it', () => {
    const reply = ask(name('x.child'), 'A', { edns: dnssec });
    expect(reply.authoritative).toBe(false);
    expect(shown(reply.authorities).slice(0, 2)).toEqual(['child NS', 'child NS']);
    expect(shown(reply.additionals).sort()).toEqual(['ns.child A', 'ns.sibling A']);
    expect(reply.authorities.map(({ type }) => type)).not.toContain(RRType.SOA);
    const secure = ask(name('x.secure'), 'A', { edns: dnssec });
    expect(typesOf(secure.authorities)).toEqual(
      chain === 'unsigned' ? [RRType.NS] : [RRType.NS, RRType.DS, RRType.RRSIG],
    );
    expect(typesOf(ask(name('x.secure'), 'A').authorities)).toEqual([RRType.NS]);
  });

  it('that refers to another zone is cut off where the addresses below it have no room (RFC 9471)', () => {
    const servers = Array.from(
      { length: 8 },
      (_, n) => `big NS ${'n'.repeat(50)}${n}.big\n${'n'.repeat(50)}${n}.big A 192.0.2.9\n`,
    );
    const crowded = askingFor(chainedZone(text + servers.join(''), chain));
    expect(crowded.ask(name('x.big'), 'A')).toMatchObject({ truncated: true });
    expect(crowded.ask(name('x.big'), 'A', { carrier: 'tcp' })).toMatchObject({ truncated: false });
  });

  it('that crosses into another zone refers to it', () => {
    expect(shown(ask(name('across'), 'A').authorities)).toEqual(['child NS', 'child NS']);
  });

  it('brings the addresses of servers and exchangers that are in the zone', () => {
    expect(shown(ask(name('@'), 'NS').additionals)).toEqual(['ns1 A', 'ns1 AAAA']);
    expect(shown(ask(name('@'), 'MX').additionals)).toEqual(['mail A']);
    expect(shown(ask(name('_sip._udp'), 'SRV').additionals)).toEqual(['mail A']);
  });

  it('to ANY is one set', () => {
    for (const label of ['@', 'alias', 'any.wild', 'mail'])
      expect(new Set(typesOf(ask(name(label), 'ANY').answers)).size).toBe(1);
  });

  it('is never longer than those follow who ask', () => {
    const links = Array.from({ length: 40 }, (_, n) => `c${n} CNAME c${n + 1}\n`);
    const long = askingFor(chainedZone(`${text}${links.join('')}grow DNAME a.grow\n`, chain));
    expect(shown(long.ask(name('c0'), 'A', { carrier: 'tcp' }).answers)).toHaveLength(17);
    expect(shown(long.ask(name('x.grow'), 'A', { carrier: 'tcp' }).answers).length).toBeLessThan(40);
  });

  it('to a question for a type of every kind at a name that is there is right, and proved', async () => {
    if (chain === 'unsigned') return;
    for (const type of [RRType.A, RRType.SOA, RRType.CAA, 65_400, 65_534])
      for (const label of ['@', 'mail', 'alias', 'e164', 'none', 'any.wild', 'moved']) {
        const verdict = await validate(name(label), type);
        if (chain === 'nsec3 with opt-out' && verdict.status === 'insecure') continue;
        expect(verdict.status, `${label} ${type}`).toBe('secure');
      }
  });
});

describe('an answer', () => {
  const records = chainedZone(text, 'nsec3');
  const names = [
    'mail',
    'MAIL',
    'alias',
    'Alias',
    'none',
    'None',
    'any.wild',
    'x.child',
    'x.secure',
    'host.moved',
    '@',
  ];
  const cases = names.flatMap((label) =>
    ['A', 'MX', 'DS', 'ANY'].flatMap((type) =>
      [undefined, { ...dnssec, dnssecOk: false }, dnssec].map((edns) => ({ label, type, edns })),
    ),
  );

  it('does not depend on what was asked before: with DO or without, in large letters or small (D9)', () => {
    const used = askingFor(records);
    const seed = Number(process.env['CALLBOOK_SEED'] ?? 1);
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...cases), { minLength: 2, maxLength: 30 }), (sequence) => {
        for (const { label, type, edns } of sequence) {
          const given = edns ? { edns } : {};
          expect(used.ask(name(label), type, given)).toEqual(askingFor(records).ask(name(label), type, given));
        }
      }),
      { numRuns: 20, seed },
    );
  });

  it('to a name of very many labels takes no more proofs than to a short one (D23)', () => {
    const { ask } = askingFor(records);
    const hashesFor = (labels: number) => {
      const deep = Name.ofLabels([...Array.from({ length: labels }, () => Uint8Array.of(0x61)), ...apex.labels]);
      return ask(deep, 'A', { edns: { ...dnssec, udpSize: 4_096 }, carrier: 'tcp' }).authorities.length;
    };
    expect(hashesFor(110)).toBe(hashesFor(1));
  });

  it('from a zone whose hashes take too many rounds has no proofs, and comes all the same (RFC 9276)', () => {
    const costly = records.map((record) =>
      record.type === RRType.NSEC3PARAM ? { ...record, rdata: Uint8Array.of(1, 0, 0xff, 0xff, 0) } : record,
    );
    const reply = askingFor(costly).ask(name('none'), 'A', { edns: dnssec });
    expect(reply.rcode).toBe(Rcode.NXDOMAIN);
    expect(typesOf(reply.authorities)).toEqual([RRType.SOA, RRType.RRSIG]);
  });
});

describe('a proof that is made on line', () => {
  const { ask } = askingFor(chainedZone(text, 'compact'));
  const proofOf = (reply: Message) => nsec.read(reply.authorities.find(({ type }) => type === RRType.NSEC)!.rdata);

  it('at a cut speaks for NS and DS alone', () => {
    expect(proofOf(ask(name('x.child'), 'A', { edns: dnssec })).types).toEqual([RRType.NS, RRType.RRSIG, RRType.NSEC]);
    expect(proofOf(ask(name('child'), 'DS', { edns: dnssec })).types).toEqual([RRType.NS, RRType.RRSIG, RRType.NSEC]);
  });

  it('for what a wildcard stands for has the types of the wildcard', () => {
    expect(proofOf(ask(name('any.wild'), 'MX', { edns: dnssec })).types).toEqual([
      RRType.A,
      RRType.TXT,
      RRType.RRSIG,
      RRType.NSEC,
    ]);
  });

  it('is not needed where a wildcard answers: the answer is signed as that of an ordinary name', () => {
    const reply = ask(name('a.b.wild'), 'A', { edns: dnssec });
    expect(reply.authorities).toEqual([]);
    const [, signature] = reply.answers;
    expect(signature!.rdata[3]).toBe(Name.parse(name('a.b.wild')).labelCount);
  });
});
