import packet from 'dns-packet';
import type { Answer } from 'dns-packet';
import { describe, expect, it } from 'vitest';
import { decodeMessage } from './message-decode.js';
import { encodeMessage } from './message-encode.js';
import { Name } from './name.js';
import { aaaa } from './rdata/aaaa.js';
import { a } from './rdata/a.js';
import { codeOf, emptyMessage } from './rdata/every-form.js';
import { naptr } from './rdata/naptr.js';
import { nsec } from './rdata/nsec.js';
import { rdataText } from './rdata-text.js';
import { RRType } from './type-codes.js';
import { readZoneFile } from './zone-read.js';

/**
 * Why names, messages and most rdata are ours: what dns-packet 5.6.1 does, each beside what we do. A test here that fails because dns-packet
 * was mended is good news, and the wrapper may grow.
 */

const octetsOf = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const question = (name: string): Buffer => packet.encode({ type: 'query', id: 1, questions: [{ type: 'A', name }] });
/** Types that the typings do not know are the point of these tests. */
const answers = (...records: unknown[]): Buffer =>
  packet.encode({ type: 'response', id: 1, answers: records as Answer[] });

describe('faults of dns-packet that do not reach us', () => {
  it('labels over 63 octets: it writes a length that is a pointer or an unknown label type', () => {
    const name = `${'x'.repeat(68)}.example`;
    expect(question(name)[12]).toBe(68);
    expect(codeOf(() => Name.parse(name))).toBe('LABEL_TOO_LONG');
    expect(codeOf(() => decodeMessage(question(name)))).toBe('MESSAGE_MALFORMED');
  });

  it('names over 255 octets: it writes them', () => {
    const name = Array(6).fill('x'.repeat(50)).join('.');
    expect(question(name).length).toBeGreaterThan(300);
    expect(codeOf(() => Name.parse(name))).toBe('NAME_TOO_LONG');
    expect(codeOf(() => decodeMessage(question(name)))).toBe('MESSAGE_MALFORMED');
  });

  it('empty labels: it writes the root in the middle of a name', () => {
    expect(question('a..b').toString('hex')).toContain('0161000162');
    expect(codeOf(() => Name.parse('a..b'))).toBe('LABEL_EMPTY');
    expect(codeOf(() => decodeMessage(question('a..b')))).toBeDefined();
  });

  it('dots inside labels: it takes them for dots between labels', () => {
    const asked = octetsOf('0001 0000 0001 0000 0000 0000 03612e62 03636f6d 00 0001 0001');
    expect(packet.decode(asked).questions![0]!.name).toBe('a.b.com');
    expect(String(decodeMessage(asked).questions[0]!.name)).toBe('a\\.b.com.');
    expect(Buffer.from(encodeMessage(decodeMessage(asked)))).toEqual(asked);
  });

  it('8-bit octets: it decodes them as UTF-8 and loses them', () => {
    const asked = octetsOf('0001 0000 0001 0000 0000 0000 02ff61 00 0001 0001');
    expect(packet.decode(asked).questions![0]!.name).toBe('\ufffda');
    expect(decodeMessage(asked).questions[0]!.name.wire).toEqual(Uint8Array.of(2, 0xff, 0x61, 0));
    expect(Buffer.from(encodeMessage(decodeMessage(asked)))).toEqual(asked);
  });

  it('class 254: it writes class 0', () => {
    const asked = octetsOf('0001 0000 0001 0000 0000 0000 00 0001 00fe');
    expect(packet.encode(packet.decode(asked)).subarray(-2)).toEqual(octetsOf('0000'));
    expect(Buffer.from(encodeMessage(decodeMessage(asked)))).toEqual(asked);
  });

  it('two OPT records: it takes them', () => {
    const asked = octetsOf(`0001 0000 0000 0000 0000 0002 ${'00 0029 04d0 00 00 8000 0000'.repeat(2)}`);
    expect(packet.decode(asked).additionals).toHaveLength(2);
    expect(codeOf(() => decodeMessage(asked))).toBe('MESSAGE_OPT_INVALID');
  });

  it('an option that runs over its OPT: it takes it', () => {
    const asked = octetsOf('0001 0000 0000 0000 0000 0001 00 0029 04d0 00 00 8000 0006 fde9 0008 0102');
    expect(packet.decode(asked).additionals).toHaveLength(1);
    expect(codeOf(() => decodeMessage(asked))).toBe('MESSAGE_OPT_INVALID');
  });

  it('a NAPTR regexp of 256 octets: it writes it behind a length of 0', () => {
    const data = {
      order: 1,
      preference: 1,
      flags: 'u',
      services: 'E2U+sip',
      regexp: 'x'.repeat(256),
      replacement: '.',
    };
    const sent = answers({ type: 'NAPTR', name: 'a', data });
    expect(sent.toString('latin1')).toContain('E2U+sip\0xxx');
    expect(codeOf(() => naptr.write({ ...data, replacement: Name.root }))).toBe('CHARACTER_STRING_TOO_LONG');
    expect(codeOf(() => decodeMessage(sent))).toBe('MESSAGE_MALFORMED');
  });

  it.each(['SMIMEA', 'OPENPGPKEY', 'SVCB', 'HTTPS', 'URI', 'ZONEMD', 'CSYNC', 'TYPE65280'])(
    'type %s: it writes type 0',
    (type) => {
      const sent = answers({ type, name: '.', data: Buffer.of(1) });
      expect([...sent.subarray(13, 15)]).toEqual([0, 0]);
      const code = readZoneFile(`. 1 IN NSEC . ${type}`).flatMap(({ rdata }) => nsec.read(rdata).types)[0]!;
      const ours = { name: Name.root, type: code, class: 1, ttl: 0, rdata: Uint8Array.of(1) };
      expect(code).toBeGreaterThan(0);
      expect(decodeMessage(encodeMessage({ ...emptyMessage, answers: [ours] })).answers).toEqual([ours]);
    },
  );

  it('NSEC over types that it does not know: it sets the bit of type 0', () => {
    const data = { nextDomain: '.', rrtypes: ['A', 'SMIMEA', 'OPENPGPKEY'] };
    const theirs = answers({ type: 'NSEC', name: '.', data }).subarray(-3);
    expect(theirs).toEqual(octetsOf('00 01 c0'));
    const ours = nsec.write({ next: Name.root, types: [RRType.A, RRType.SMIMEA, RRType.OPENPGPKEY] });
    expect(Buffer.from(ours)).toEqual(octetsOf('00 0008 40000000 00000404'));
  });

  it('addresses that are none: it encodes any text, which is why the wrapper looks first', () => {
    expect(() => answers({ type: 'A', name: '.', data: '999.1.1.1' })).not.toThrow();
    expect(codeOf(() => a.write({ address: '999.1.1.1' }))).toBe('RDATA_MALFORMED');
    expect(codeOf(() => aaaa.write({ address: '1::2::3' }))).toBe('RDATA_MALFORMED');
  });
});

describe('dns-packet as a second implementation', () => {
  const name = 'host.callbook.example';
  const key = Buffer.from('0102030405', 'hex');
  it.each<[type: string, data: unknown, text: string]>([
    ['A', '192.0.2.1', '192.0.2.1'],
    ['AAAA', '2001:db8::1', '2001:db8::1'],
    ['NS', 'ns.callbook.example', 'ns.callbook.example.'],
    ['CNAME', 'c.callbook.example', 'c.callbook.example.'],
    ['PTR', 'p.callbook.example', 'p.callbook.example.'],
    ['DNAME', 'd.callbook.example', 'd.callbook.example.'],
    ['MX', { preference: 10, exchange: 'mx.callbook.example' }, '10 mx.callbook.example.'],
    [
      'SOA',
      {
        mname: 'ns.callbook.example',
        rname: 'h.callbook.example',
        serial: 4294967295,
        refresh: 1,
        retry: 2,
        expire: 3,
        minimum: 4,
      },
      'ns.callbook.example. h.callbook.example. 4294967295 1 2 3 4',
    ],
    ['TXT', ['one', 'two'], '"one" "two"'],
    ['HINFO', { cpu: 'RFC8482', os: '' }, '"RFC8482" ""'],
    ['SRV', { priority: 1, weight: 2, port: 3, target: 's.callbook.example' }, '1 2 3 s.callbook.example.'],
    ['RP', { mbox: 'm.callbook.example', txt: 't.callbook.example' }, 'm.callbook.example. t.callbook.example.'],
    ['CAA', { flags: 128, tag: 'issue', value: 'ca.example.net', issuerCritical: true }, '128 issue "ca.example.net"'],
    [
      'NAPTR',
      { order: 1, preference: 2, flags: 'u', services: 'E2U+sip', regexp: '!^.*$!sip:a@example.net!', replacement: '' },
      '1 2 "u" "E2U+sip" "!^.*$!sip:a@example.net!" .',
    ],
    ['DNSKEY', { flags: 257, algorithm: 13, key }, '257 3 13 AQIDBAU='],
    ['DS', { keyTag: 1, algorithm: 13, digestType: 2, digest: key }, '1 13 2 0102030405'],
    ['TLSA', { usage: 3, selector: 1, matchingType: 1, certificate: key }, '3 1 1 0102030405'],
    ['SSHFP', { algorithm: 4, hash: 2, fingerprint: '01'.repeat(32) }, `4 2 ${'01'.repeat(32)}`],
    [
      'NSEC',
      { nextDomain: 'n.callbook.example', rrtypes: ['A', 'RRSIG', 'NSEC', 'CAA'] },
      'n.callbook.example. A RRSIG NSEC CAA',
    ],
    [
      'NSEC3',
      {
        algorithm: 1,
        flags: 0,
        iterations: 0,
        salt: Buffer.of(0xab),
        nextDomain: Buffer.of(1, 2, 3, 4, 5),
        rrtypes: ['A', 'RRSIG'],
      },
      '1 0 0 AB 04106105 A RRSIG',
    ],
    [
      'RRSIG',
      {
        typeCovered: 'A',
        algorithm: 13,
        labels: 3,
        originalTTL: 300,
        expiration: 1767225600,
        inception: 0,
        keyTag: 7,
        signersName: 'callbook.example',
        signature: key,
      },
      'A 13 3 300 20260101000000 19700101000000 7 callbook.example. AQIDBAU=',
    ],
  ])('%s: both say the same, in both directions', (type, data, text) => {
    const theirs = answers({ type, name, ttl: 300, data });
    const [rr] = readZoneFile(`${name}. 300 IN ${type} ${text}`);
    const read = decodeMessage(theirs);
    expect(read.answers).toEqual([rr]);
    expect(rdataText(rr!.type, read.answers[0]!.rdata)).toBe(text);

    const ours = Buffer.from(encodeMessage(read));
    expect(packet.decode(ours).answers).toEqual(packet.decode(theirs).answers);
  });
});
