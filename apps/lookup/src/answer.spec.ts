import {
  decodeMessage,
  encodeMessage,
  Name,
  nsec,
  Opcode,
  Rcode,
  RRType,
  typeCode,
  type Edns,
  type Message,
} from '@callbook/dns';
import { validate } from '@callbook/dnssec';
import { describe, expect, it } from 'vitest';
import { answer } from './answer.js';
import { createDenialSigner } from './denial-signer.js';
import { anchor, apex, denialKey, now, zoneRecords } from './signed-zone.fixture.js';
import { Zone } from './zone.js';

const zone = Zone.of(apex, zoneRecords(7));
const denial = createDenialSigner({ apex, key: () => denialKey, clock: () => now });
const dnssec: Edns = { udpSize: 1_232, version: 0, dnssecOk: true, compactOk: false, options: [] };
const alice = '3.2.1.0.0.9.0.0.7.7.4.4.e164.callbook.example.';
const nobody = '4.2.1.0.0.9.0.0.7.7.4.4.e164.callbook.example.';

const query = (name: string, type: string, changes: Partial<Message> = {}): Message => ({
  id: 4_711,
  response: false,
  opcode: Opcode.QUERY,
  authoritative: false,
  truncated: false,
  recursionDesired: true,
  recursionAvailable: false,
  authenticData: false,
  checkingDisabled: false,
  rcode: 0,
  questions: [{ name: Name.parse(name), type: typeCode(type), class: 1 }],
  answers: [],
  authorities: [],
  additionals: [],
  ...changes,
});
/** What a client reads: through the wire, both ways. */
const ask = (name: string, type: string, changes?: Partial<Message>) => {
  const reply = answer(decodeMessage(encodeMessage(query(name, type, changes))), { zone: () => zone, denial });
  return reply && decodeMessage(encodeMessage(reply));
};
const types = (records: readonly { type: number }[] = []) => records.map(({ type }) => type);

describe('an answer', () => {
  it('to a number that is registered is its NAPTR set, authoritative, with its signature for those who ask', () => {
    const plain = ask(alice, 'NAPTR')!;
    expect(plain).toMatchObject({
      id: 4_711,
      response: true,
      authoritative: true,
      recursionDesired: true,
      recursionAvailable: false,
      rcode: Rcode.NOERROR,
    });
    expect(types(plain.answers)).toEqual([RRType.NAPTR]);
    expect(plain.edns).toBeUndefined();
    expect(types(ask(alice, 'NAPTR', { edns: dnssec })!.answers)).toEqual([RRType.NAPTR, RRType.RRSIG]);
  });

  it('keeps the case of the question (draft-vixie-dnsext-dns0x20)', () => {
    const mixed = '3.2.1.0.0.9.0.0.7.7.4.4.E164.cAlLbOoK.example.';
    expect(ask(mixed, 'NAPTR')!.questions[0]!.name.toString()).toBe(mixed);
  });

  it('to a number that is not is NXDOMAIN and the SOA, kept no longer than MINIMUM (RFC 2308 §5)', () => {
    const reply = ask(nobody, 'NAPTR')!;
    expect(reply).toMatchObject({ rcode: Rcode.NXDOMAIN, authoritative: true, answers: [] });
    expect(reply.authorities).toMatchObject([{ type: RRType.SOA, ttl: 60 }]);
  });

  it.each(['e164', '4.e164', '4.4.e164', '7.4.4.e164', '2.1.0.0.9.0.0.7.7.4.4.e164'])(
    'at %s, where names are only below, is NOERROR without data',
    (label) => {
      for (const edns of [undefined, dnssec])
        expect(ask(`${label}.callbook.example.`, 'NAPTR', edns && { edns })).toMatchObject({
          rcode: Rcode.NOERROR,
          answers: [],
        });
    },
  );

  it('to ANY is one set, not all (RFC 8482)', () => {
    expect(new Set(types(ask('callbook.example.', 'ANY')!.answers)).size).toBe(1);
  });

  it('is never that of another zone', () => {
    expect(ask('example.net.', 'A')).toMatchObject({ rcode: Rcode.REFUSED, authoritative: false });
  });

  it('is nothing at all to what is itself an answer', () => {
    expect(ask(alice, 'NAPTR', { response: true })).toBeUndefined();
  });

  it.each([
    ['another class', { questions: [{ name: Name.parse(alice), type: 35, class: 3 }] }, Rcode.REFUSED],
    ['two questions', { questions: [...query(alice, 'A').questions, ...query(alice, 'A').questions] }, Rcode.FORMERR],
    ['no question', { questions: [] }, Rcode.FORMERR],
    ['NOTIFY', { opcode: Opcode.NOTIFY }, Rcode.NOTIMP],
    ['UPDATE', { opcode: Opcode.UPDATE }, Rcode.NOTIMP],
    ['EDNS version 1', { edns: { ...dnssec, version: 1 } }, Rcode.BADVERS],
  ] as const)('to %s is refused', (_, changes, rcode) => {
    expect(ask(alice, 'NAPTR', changes as Partial<Message>)).toMatchObject({ rcode, answers: [] });
  });

  it('to every one of the 65,536 types is defined', () => {
    for (let type = 0; type < 65_536; type += 1) {
      const reply = answer(query(alice, `TYPE${type}`, { edns: dnssec }), { zone: () => zone, denial })!;
      const expected =
        type === RRType.NXNAME
          ? Rcode.FORMERR
          : type === 0 || type === 41 || (type > 128 && type < 255)
            ? Rcode.NOTIMP
            : Rcode.NOERROR;
      expect(reply.rcode, String(type)).toBe(expected);
    }
  }, 60_000);

  it('is SERVFAIL with "not ready" (RFC 8914 §4.15) while there is no zone', () => {
    const reply = answer(query(alice, 'NAPTR', { edns: dnssec }), { zone: () => undefined, denial })!;
    expect(reply).toMatchObject({
      rcode: Rcode.SERVFAIL,
      edns: { options: [{ code: 15, data: new Uint8Array([0, 14]) }] },
    });
  });
});

describe('a denial (RFC 9824)', () => {
  const proofOf = (reply: Message) => {
    const record = reply.authorities.find(({ type }) => type === RRType.NSEC)!;
    return { owner: record.name.toString(), ...nsec.read(record.rdata) };
  };

  it('of a number says NOERROR with NXNAME to those who asked for proof', () => {
    const reply = ask(nobody, 'NAPTR', { edns: dnssec })!;
    expect(reply.rcode).toBe(Rcode.NOERROR);
    expect(proofOf(reply)).toMatchObject({ owner: nobody, types: [RRType.RRSIG, RRType.NSEC, RRType.NXNAME] });
    expect(proofOf(reply).next.toString()).toBe(`\\000.${nobody}`);
  });

  it('says NXDOMAIN to those who understand it, and says that it understood them', () => {
    expect(ask(nobody, 'NAPTR', { edns: { ...dnssec, compactOk: true } })).toMatchObject({
      rcode: Rcode.NXDOMAIN,
      edns: { compactOk: true },
    });
  });

  it('of a type lists the types that are there', () => {
    expect(proofOf(ask(alice, 'TXT', { edns: dnssec })!).types).toEqual([RRType.NAPTR, RRType.RRSIG, RRType.NSEC]);
    expect(proofOf(ask('callbook.example.', 'TXT', { edns: dnssec })!).types).toEqual([
      RRType.NS,
      RRType.SOA,
      RRType.RRSIG,
      RRType.NSEC,
      RRType.DNSKEY,
    ]);
  });

  it('at an empty non-terminal lists none', () => {
    expect(proofOf(ask('4.4.e164.callbook.example.', 'NAPTR', { edns: dnssec })!).types).toEqual([
      RRType.RRSIG,
      RRType.NSEC,
    ]);
  });

  it('is itself the answer to those who ask for NSEC', () => {
    for (const name of [alice, nobody])
      expect(types(ask(name, 'NSEC', { edns: dnssec })!.answers)).toEqual([RRType.NSEC, RRType.RRSIG]);
  });

  it('is not made without a key that the zone shows', () => {
    const without = createDenialSigner({ apex, key: () => undefined, clock: () => now });
    expect(answer(query(nobody, 'NAPTR', { edns: dnssec }), { zone: () => zone, denial: without })!.rcode).toBe(
      Rcode.SERVFAIL,
    );
  });

  it.each([
    [alice, 'NAPTR', 'answer'],
    [alice.toUpperCase(), 'NAPTR', 'answer'],
    [`_smimecert.${alice}`, 'SMIMEA', 'answer'],
    [alice, 'SMIMEA', 'nodata'],
    ['e164.callbook.example.', 'NAPTR', 'nodata'],
    ['4.4.E164.callbook.example.', 'NAPTR', 'nodata'],
    [nobody, 'NAPTR', 'nxdomain'],
    [`1.${alice}`, 'NAPTR', 'nxdomain'],
    ['0.e164.callbook.example.', 'NAPTR', 'nxdomain'],
    ['callbook.example.', 'TXT', 'nodata'],
  ])('and every other answer validates: %s %s is a secure %s', async (name, type, kind) => {
    for (const compactOk of [false, true]) {
      const exchange = async (question: Message['questions'][number]) =>
        decodeMessage(
          encodeMessage(
            answer(query('.', 'A', { questions: [question], edns: { ...dnssec, compactOk } }), {
              zone: () => zone,
              denial,
            })!,
          ),
        );
      const verdict = await validate(
        { name: Name.parse(name), type: typeCode(type), class: 1 },
        { exchange, anchors: [anchor], now: now / 1_000 },
      );
      expect(verdict).toMatchObject({ status: 'secure', kind });
    }
  });
});
