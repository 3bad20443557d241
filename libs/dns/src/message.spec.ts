import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyMessage } from './arbitraries.js';
import type { DnsError } from './errors.js';
import { decodeMessage } from './message-decode.js';
import { encodeMessage } from './message-encode.js';
import { Rcode } from './message.js';
import type { Message } from './message.js';
import { Name } from './name.js';
import { codeOf, emptyMessage } from './rdata/every-form.js';
import { ns } from './rdata/ns.js';
import { soa } from './rdata/soa.js';
import type { RR } from './rr.js';
import { RRType } from './type-codes.js';
import { readZoneFile } from './zone-read.js';

const octetsOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(/\s/g, ''), 'hex'));
const codeOfHex = (hex: string) => codeOf(() => decodeMessage(octetsOf(hex)));
const records = (text: string): RR[] => readZoneFile(text);
const edns = { udpSize: 1232, version: 0, dnssecOk: true, compactOk: true, options: [] };
const message = (fields: Partial<Message>): Message => ({ ...emptyMessage, ...fields });
const question = { name: Name.parse('1.e164.callbook.example'), type: RRType.NAPTR, class: 1 };

/** id 0x1234, RD, counts of questions, answers, authorities, additionals. */
const header = (...counts: [number, number, number, number]): string =>
  `1234 0100 ${counts.map((count) => count.toString(16).padStart(4, '0')).join(' ')}`;
const OPT = '00 0029 04d0 00 00 8000 0000';

describe('a query', () => {
  it('is read with its EDNS', () => {
    expect(
      decodeMessage(
        octetsOf(`${header(1, 0, 0, 1)} 0361624300 0023 0001 00 0029 04d0 01 00 c000 000c 000a 0008 0102030405060708`),
      ),
    ).toEqual({
      ...emptyMessage,
      id: 0x1234,
      response: false,
      authoritative: false,
      recursionDesired: true,
      rcode: 16,
      questions: [{ name: Name.parse('abC'), type: 35, class: 1 }],
      edns: {
        udpSize: 1232,
        version: 0,
        dnssecOk: true,
        compactOk: true,
        options: [{ code: 10, data: octetsOf('0102030405060708') }],
      },
    });
  });

  it('keeps a question byte for byte, dots inside labels, NUL and 8-bit octets too', () => {
    const hex = `${header(1, 0, 0, 0)} 03612e62 04ff004162 00 0023 00ff`.replaceAll(' ', '');
    expect(Buffer.from(encodeMessage(decodeMessage(octetsOf(hex)))).toString('hex')).toBe(hex);
  });

  it('may ask any type, any class, with any opcode: all come back as they were', () => {
    for (let value = 0; value <= 0xffff; value += 1) {
      const asked = message({
        questions: [{ name: Name.root, type: value, class: 0xffff - value }],
        opcode: value & 15,
      });
      const read = decodeMessage(encodeMessage(asked));
      if (
        read.questions[0]!.type !== value ||
        read.questions[0]!.class !== 0xffff - value ||
        read.opcode !== (value & 15)
      ) {
        expect(read).toEqual(asked);
      }
    }
  });
});

describe('broken octets', () => {
  it.each([
    ['nothing', '', 'MESSAGE_MALFORMED'],
    ['half a header', '1234 0100 0001', 'MESSAGE_MALFORMED'],
    ['more questions than there are', header(1, 0, 0, 0), 'MESSAGE_MALFORMED'],
    ['65535 records that are not there', '1234 0100 ffff ffff ffff ffff', 'MESSAGE_MALFORMED'],
    ['octets after the last record', `${header(1, 0, 0, 0)} 00 0001 0001 00`, 'MESSAGE_TRAILING_OCTETS'],
    ['a pointer to itself', `${header(1, 0, 0, 0)} c00c 0001 0001`, 'MESSAGE_POINTER_INVALID'],
    ['a pointer forward', `${header(1, 0, 0, 0)} c00e 0001 0001 00`, 'MESSAGE_POINTER_INVALID'],
    ['a pointer into the header', `${header(1, 0, 0, 0)} c000 0001 0001`, 'MESSAGE_POINTER_INVALID'],
    ['a pointer into its own labels', `${header(1, 0, 0, 0)} 0161 c00c 0001 0001`, 'MESSAGE_POINTER_INVALID'],
    [
      'two pointers that point at each other',
      `${header(2, 0, 0, 0)} c012 0001 0001 c00c 0001 0001`,
      'MESSAGE_POINTER_INVALID',
    ],
    ['half a pointer', `${header(1, 0, 0, 0)} 02616263 ff`, 'MESSAGE_MALFORMED'],
    ['a label of type 01', `${header(1, 0, 0, 0)} 40 0001 0001 00`, 'MESSAGE_MALFORMED'],
    ['a label of type 10', `${header(1, 0, 0, 0)} 80 0001 0001 00`, 'MESSAGE_MALFORMED'],
    ['a name over 255', `${header(1, 0, 0, 0)} ${`3f${'61'.repeat(63)}`.repeat(4)} 00 0001 0001`, 'MESSAGE_MALFORMED'],
    ['rdata over the end', `${header(0, 1, 0, 0)} 00 0010 0001 00000000 0002 00`, 'MESSAGE_MALFORMED'],
    ['a name in rdata over its end', `${header(0, 1, 0, 0)} 00 0002 0001 00000000 0002 0161 00`, 'MESSAGE_MALFORMED'],
    ['rdata that goes on after its name', `${header(0, 1, 0, 0)} 00 0002 0001 00000000 0002 0000`, 'MESSAGE_MALFORMED'],
    ['an NS without rdata', `${header(0, 1, 0, 0)} 00 0002 0001 00000000 0000`, 'MESSAGE_MALFORMED'],
    ['two OPT', `${header(0, 0, 0, 2)} ${OPT} ${OPT}`, 'MESSAGE_OPT_INVALID'],
    ['OPT among the answers', `${header(0, 1, 0, 0)} ${OPT}`, 'MESSAGE_OPT_INVALID'],
    ['OPT owned by a name', `${header(0, 0, 0, 1)} 0161 ${OPT}`, 'MESSAGE_OPT_INVALID'],
    [
      'an option longer than OPT',
      `${header(0, 0, 0, 1)} 00 0029 04d0 00 00 8000 0005 000a 0002 01 02`,
      'MESSAGE_OPT_INVALID',
    ],
    [
      'an option without its header',
      `${header(0, 0, 0, 1)} 00 0029 04d0 00 00 8000 0003 000a 00`,
      'MESSAGE_OPT_INVALID',
    ],
    ['OPT over the end', `${header(0, 0, 0, 1)} 00 0029 04d0 00 00 8000 0008 000a 0000`, 'MESSAGE_OPT_INVALID'],
  ])('%s is refused', (_, hex, code) => expect(codeOfHex(hex)).toBe(code));

  it('is refused with the id of the message, so that FORMERR can be said', () => {
    try {
      decodeMessage(octetsOf(`${header(1, 0, 0, 0)} c00c`));
      expect.unreachable();
    } catch (error) {
      expect((error as DnsError).id).toBe(0x1234);
    }
  });

  /** A chain of pointers, each to the one before, in the rdata of one record; then records owned by a pointer to its `hops`th. */
  const chained = (hops: number, owners: number): Uint8Array => {
    const first = 12 + 11 + 1;
    const chain = Array.from({ length: hops }, (_, hop) =>
      (0xc000 | (hop === 0 ? 12 : first + (hop - 1) * 2)).toString(16),
    );
    const rdata = `ff${chain.join('')}`;
    const length = (rdata.length / 2).toString(16).padStart(4, '0');
    const owner = `${(0xc000 | (first + (hops - 2) * 2)).toString(16)} 0010 0001 00000000 0000`;
    // Owners take turns, so that no reader gets by with remembering the last one.
    const other = `${(0xc000 | (first + (hops - 3) * 2)).toString(16)} 0010 0001 00000000 0000`;
    return octetsOf(
      `${header(0, owners + 1, 0, 0)} 00 ff00 0001 00000000 ${length} ${rdata} ${(owner + other).repeat(owners / 2)}`,
    );
  };

  it('may chain as many pointers as a name can have labels, and no more', () => {
    expect(decodeMessage(chained(127, 2)).answers[1]!.name).toBe(Name.root);
    expect(codeOf(() => decodeMessage(chained(128, 2)))).toBe('MESSAGE_POINTER_INVALID');
  });

  it('does not keep the reader busy: chains as long as allowed, as many as 64 KB hold', () => {
    const octets = chained(127, 5400);
    const start = process.cpuUsage();
    expect(decodeMessage(octets).answers.length).toBe(5401);
    // Of the processor, not of the clock: the machine may be busy.
    expect(process.cpuUsage(start).user / 1_000).toBeLessThan(2_000);
  });
});

describe('names in rdata', () => {
  const answer = (type: string, rdata: string): string =>
    `${header(1, 1, 0, 0)} 03616263 00 0001 0001 c00c ${type} 0001 00000000 ${rdata}`;

  it.each([
    ['NS', '0002', '0002 c00c', '0361626300'],
    ['MX', '000f', '0006 000a 0178 c00c', '000a 01780361626300'],
    ['NAPTR', '0023', '0009 0001 0001 00 00 00 c00c', '0001 0001 00 00 00 0361626300'],
    ['SRV', '0021', '0008 0001 0001 0001 c00c', '0001 0001 0001 0361626300'],
  ])('are expanded when they were compressed: %s', (_, type, compressed, expanded) => {
    expect(decodeMessage(octetsOf(answer(type, compressed))).answers[0]!.rdata).toEqual(octetsOf(expanded));
  });

  it('are compressed in types of RFC 1035 and in no other', () => {
    const sent = records(`callbook.example. 300 IN NS ns.callbook.example.
callbook.example. 300 IN MX 10 mail.callbook.example.
callbook.example. 300 IN SOA ns.callbook.example. host.callbook.example. 1 2 3 4 5
callbook.example. 300 IN SRV 1 2 3 sip.callbook.example.
callbook.example. 300 IN NAPTR 1 2 "" "" "" sip.callbook.example.
callbook.example. 300 IN NSEC next.callbook.example. A
callbook.example. 300 IN RRSIG A 13 2 300 1 0 1 callbook.example. AQID
callbook.example. 300 IN DNAME callbook.example.`);
    const octets = Buffer.from(encodeMessage(message({ answers: sent }))).toString('latin1');
    const spelledOut = octets.split('\x08callbook\x07example\0').length - 1;
    expect(spelledOut).toBe(1 + 5);
    expect(decodeMessage(Buffer.from(octets, 'latin1')).answers).toEqual(sent);
  });

  it('are left out with the rest of the rdata where an UPDATE only asks or deletes (RFC 2136 §2.4, §2.5)', () => {
    const bare = [254, 255].map((rrClass) => ({
      name: question.name,
      type: RRType.NS,
      class: rrClass,
      ttl: 0,
      rdata: new Uint8Array(0),
    }));
    expect(decodeMessage(encodeMessage(message({ opcode: 5, answers: bare }))).answers).toEqual(bare);
  });
});

describe('compression', () => {
  it('points to names without regard to case, so that the client sees its own spelling', () => {
    const answers = records('1.e164.callbook.example. 300 IN A 192.0.2.1');
    const asked = { ...question, name: Name.parse('1.E164.CallBook.example') };
    const octets = encodeMessage(message({ questions: [asked], answers }));
    expect(octets.length).toBe(12 + asked.name.wire.length + 4 + 16);
    expect(String(decodeMessage(octets).answers[0]!.name)).toBe('1.E164.CallBook.example.');
  });

  it('has no pointers beyond what 14 bits hold', () => {
    const filler = { name: Name.root, type: 65280, class: 1, ttl: 0, rdata: new Uint8Array(20000) };
    const late = [...records('a.b.example. 1 IN NS c.b.example.\nx.a.b.example. 1 IN NS c.b.example.')];
    const sent = message({ answers: [filler, ...late] });
    expect(decodeMessage(encodeMessage(sent))).toEqual(sent);
  });
});

describe('any message', () => {
  /** The names of a message lose their case to names before them that differ only in it: compare without case. */
  const folded = (read: Message): unknown => ({
    ...read,
    questions: read.questions.map(({ name, ...rest }) => [name.key, rest]),
    sections: [read.answers, read.authorities, read.additionals].map((section) =>
      section.map((rr) => ({
        ...rr,
        name: rr.name.key,
        rdata: Buffer.from(rr.rdata).toString('latin1').toLowerCase(),
      })),
    ),
    answers: [],
    authorities: [],
    additionals: [],
  });

  it('is the same after encode and decode, but for the case of names', () => {
    fc.assert(
      fc.property(anyMessage, (sent) => {
        const octets = encodeMessage(sent);
        expect(folded(decodeMessage(octets))).toEqual(folded(sent));
        expect(encodeMessage(decodeMessage(octets))).toEqual(octets);
      }),
    );
  });

  it('is exactly the same when its names are all lower case', () => {
    const sent = message({
      questions: [question],
      rcode: Rcode.BADCOOKIE,
      answers: [{ ...question, type: RRType.NS, ttl: 4294967295, rdata: ns.write({ target: question.name }) }],
      authorities: records('callbook.example. 300 IN SOA ns.callbook.example. h.callbook.example. 1 2 3 4 5'),
      additionals: [{ name: Name.parse('key'), type: RRType.TSIG, class: 255, ttl: 0, rdata: Uint8Array.of(1, 2) }],
      edns: {
        ...edns,
        options: [
          { code: 65001, data: Uint8Array.of(1) },
          { code: 12, data: new Uint8Array(0) },
        ],
      },
    });
    const octets = encodeMessage(sent);
    expect(decodeMessage(octets)).toEqual(sent);
    // A TSIG has to be the last record (RFC 8945 §5.1).
    expect([...octets.subarray(-2)]).toEqual([1, 2]);
    expect(soa.read(decodeMessage(octets).authorities[0]!.rdata).serial).toBe(1);
  });

  it.each([
    ['an id of 17 bits', { id: 65536 }],
    ['an opcode of 5 bits', { opcode: 16 }],
    ['an rcode of 13 bits', { rcode: 4096, edns }],
    ['an extended rcode without EDNS', { rcode: 16 }],
  ])('is refused with %s', (_, fields) =>
    expect(codeOf(() => encodeMessage(message(fields)))).toBe('VALUE_OUT_OF_RANGE'),
  );
});
