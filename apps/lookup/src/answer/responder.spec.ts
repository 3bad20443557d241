import { Name, nsec, Opcode, Rcode, RRType, type Message } from '@callbook/dns';
import { describe, expect, it } from 'vitest';
import { apex, denialKey, zoneRecords } from '../signed-zone.fixture.js';
import { askingFor, dnssec, typesOf } from './asking.fixture.js';

const { ask, answer, validate } = askingFor(zoneRecords(7));
const alice = '3.2.1.0.0.9.0.0.7.7.4.4.e164.callbook.example.';
const nobody = '4.2.1.0.0.9.0.0.7.7.4.4.e164.callbook.example.';

describe('an answer', () => {
  it('to a number that is registered is its NAPTR set, authoritative, with its signature for those who ask', () => {
    const plain = ask(alice, 'NAPTR');
    expect(plain).toMatchObject({
      id: 4_711,
      response: true,
      authoritative: true,
      recursionDesired: true,
      recursionAvailable: false,
      rcode: Rcode.NOERROR,
    });
    expect(typesOf(plain.answers)).toEqual([RRType.NAPTR]);
    expect(plain.edns).toBeUndefined();
    expect(typesOf(ask(alice, 'NAPTR', { edns: dnssec }).answers)).toEqual([RRType.NAPTR, RRType.RRSIG]);
  });

  it('keeps the case of the question (draft-vixie-dnsext-dns0x20)', () => {
    const mixed = '3.2.1.0.0.9.0.0.7.7.4.4.E164.cAlLbOoK.example.';
    const reply = ask(mixed, 'NAPTR');
    expect(reply.questions[0]!.name.toString()).toBe(mixed);
    expect(typesOf(reply.answers)).toEqual([RRType.NAPTR]);
  });

  it('to a number that is not is NXDOMAIN and the SOA, kept no longer than MINIMUM (RFC 2308 §5)', () => {
    const reply = ask(nobody, 'NAPTR');
    expect(reply).toMatchObject({ rcode: Rcode.NXDOMAIN, authoritative: true, answers: [] });
    expect(reply.authorities).toMatchObject([{ type: RRType.SOA, ttl: 60 }]);
    expect(reply.authorities[0]!.name.equals(apex)).toBe(true);
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
    expect(new Set(typesOf(ask('callbook.example.', 'ANY').answers)).size).toBe(1);
  });

  it('to RRSIG is the signatures of one set', () => {
    expect(typesOf(ask(alice, 'RRSIG', { edns: dnssec }).answers)).toEqual([RRType.RRSIG]);
  });

  it('is never that of another zone', () => {
    for (const name of ['example.net.', '.', 'example.', 'xcallbook.example.'])
      expect(ask(name, 'A', { edns: dnssec })).toMatchObject({
        rcode: Rcode.REFUSED,
        authoritative: false,
        edns: { options: [{ code: 15, data: Uint8Array.of(0, 20) }] },
      });
  });

  it('is that of the zone alone, where octets inside a label look like its apex', () => {
    const label = Buffer.concat([Buffer.from('x'), Name.parse('callbook').wire.subarray(0, 9)]);
    const lookalike = Name.ofLabels([label, Buffer.from('example')]);
    expect(lookalike.isWithin(apex)).toBe(false);
    expect(ask(lookalike, 'A')).toMatchObject({ rcode: Rcode.REFUSED });
  });

  it.each([
    ['another class', { questions: [{ name: Name.parse(alice), type: 35, class: 3 }] }, Rcode.REFUSED],
    [
      'two questions',
      { questions: [1, 28].map((type) => ({ name: Name.parse(alice), type, class: 1 })) },
      Rcode.FORMERR,
    ],
    ['no question', { questions: [] }, Rcode.FORMERR],
    ['NOTIFY', { opcode: Opcode.NOTIFY }, Rcode.NOTIMP],
    ['UPDATE', { opcode: Opcode.UPDATE }, Rcode.NOTIMP],
    ['EDNS version 1', { edns: { ...dnssec, version: 1 } }, Rcode.BADVERS],
  ] as const)('to %s is refused', (_, changes, rcode) => {
    expect(ask(alice, 'NAPTR', { changes: changes as Partial<Message> })).toMatchObject({ rcode, answers: [] });
  });

  it('to every one of the 65,536 types is defined', () => {
    for (let type = 0; type < 65_536; type += 1) {
      const expected =
        type === RRType.NXNAME
          ? Rcode.FORMERR
          : type === RRType.IXFR
            ? Rcode.NOTAUTH
            : type === 0 || type === 41 || (type > 128 && type < 255)
              ? Rcode.NOTIMP
              : Rcode.NOERROR;
      expect(ask(alice, type, { edns: dnssec }).rcode, String(type)).toBe(expected);
    }
  }, 60_000);

  it('to every opcode but QUERY is NOTIMP', () => {
    for (let opcode = 1; opcode < 16; opcode += 1)
      expect(ask(alice, 'NAPTR', { changes: { opcode } })).toMatchObject({ opcode, rcode: Rcode.NOTIMP });
  });

  it('is SERVFAIL with "not ready" (RFC 8914 §4.15) while there is no zone', () => {
    expect(askingFor(undefined).ask(nobody, 'NAPTR', { edns: dnssec })).toMatchObject({
      rcode: Rcode.SERVFAIL,
      edns: { options: [{ code: 15, data: new Uint8Array([0, 14]) }] },
    });
  });

  it('to IXFR over UDP is the SOA (RFC 1995 §2), to AXFR that it is not to be had there', () => {
    expect(typesOf(ask('callbook.example.', 'IXFR').answers)).toEqual([RRType.SOA]);
    expect(ask('callbook.example.', 'AXFR').rcode).toBe(Rcode.NOTIMP);
    for (const type of ['AXFR', 'IXFR'])
      expect(ask('callbook.example.', type, { carrier: 'https' }).rcode).toBe(Rcode.REFUSED);
  });
});

describe('a denial (RFC 9824)', () => {
  const proofOf = (reply: Message) => {
    const record = reply.authorities.find(({ type }) => type === RRType.NSEC)!;
    return { owner: record.name.toString(), ...nsec.read(record.rdata) };
  };

  it('of a number says NOERROR with NXNAME to those who asked for proof', () => {
    const reply = ask(nobody, 'NAPTR', { edns: dnssec });
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
    expect(proofOf(ask(alice, 'TXT', { edns: dnssec })).types).toEqual([RRType.NAPTR, RRType.RRSIG, RRType.NSEC]);
    expect(proofOf(ask('callbook.example.', 'TXT', { edns: dnssec })).types).toEqual([
      RRType.NS,
      RRType.SOA,
      RRType.RRSIG,
      RRType.NSEC,
      RRType.DNSKEY,
    ]);
  });

  it('at an empty non-terminal lists none', () => {
    expect(proofOf(ask('4.4.e164.callbook.example.', 'NAPTR', { edns: dnssec })).types).toEqual([
      RRType.RRSIG,
      RRType.NSEC,
    ]);
  });

  it('is itself the answer to those who ask for NSEC', () => {
    for (const name of [alice, nobody])
      expect(typesOf(ask(name, 'NSEC', { edns: dnssec }).answers)).toEqual([RRType.NSEC, RRType.RRSIG]);
  });

  it('is in small letters, whatever those of the question', () => {
    const reply = ask(nobody.toUpperCase(), 'NAPTR', { edns: dnssec });
    expect(proofOf(reply).next.toString()).toBe(`\\000.${nobody}`);
  });

  it('is not made without a key that the zone shows', () => {
    const without = askingFor(zoneRecords(7), { denialKeys: () => undefined });
    expect(without.ask(nobody, 'NAPTR', { edns: dnssec }).rcode).toBe(Rcode.SERVFAIL);
    expect(without.ask(nobody, 'NAPTR').rcode).toBe(Rcode.NXDOMAIN);
  });

  it('is made with the new key as soon as there is one', () => {
    let key: typeof denialKey | undefined = undefined;
    const rotating = askingFor(zoneRecords(7), { denialKeys: () => key });
    expect(rotating.ask(nobody, 'NAPTR', { edns: dnssec }).rcode).toBe(Rcode.SERVFAIL);
    key = denialKey;
    expect(proofOf(rotating.ask(nobody, 'NAPTR', { edns: dnssec })).owner).toBe(nobody);
  });

  it.each([
    [alice, 'NAPTR', 'answer'],
    [alice.toUpperCase(), 'NAPTR', 'answer'],
    [`_smimecert.${alice}`, 'SMIMEA', 'answer'],
    [alice, 'SMIMEA', 'nodata'],
    ['e164.callbook.example.', 'NAPTR', 'nodata'],
    ['4.4.E164.callbook.example.', 'NAPTR', 'nodata'],
    [nobody, 'NAPTR', 'nxdomain'],
    [nobody.toUpperCase(), 'NAPTR', 'nxdomain'],
    [`1.${alice}`, 'NAPTR', 'nxdomain'],
    ['0.e164.callbook.example.', 'NAPTR', 'nxdomain'],
    ['*.callbook.example.', 'NAPTR', 'nxdomain'],
    ['callbook.example.', 'TXT', 'nodata'],
  ])('and every other answer validates: %s %s is a secure %s', async (name, type, kind) => {
    for (const compactOk of [false, true, true])
      expect(await validate(name, type, { compactOk })).toMatchObject({ status: 'secure', kind });
  });

  it('validates for names of every length that there is', async () => {
    for (const room of [250, 251, 252, 253, 254, 255]) {
      const left = room - apex.wire.length;
      const labels: Uint8Array[] = [];
      for (let rest = left; rest > 0;) {
        const length = rest > 64 ? (rest === 65 ? 62 : 63) : rest - 1;
        labels.push(new Uint8Array(length).fill(0x61));
        rest -= length + 1;
      }
      const name = Name.ofLabels([...labels, ...apex.labels]);
      expect(name.wire.length).toBe(room);
      expect(await validate(name, 'A')).toMatchObject({ status: 'secure', kind: 'nxdomain' });
    }
  });
});

describe('silence', () => {
  it('is the answer to what is itself an answer', () => {
    const packet = new Uint8Array(12);
    packet[2] = 0x80;
    expect(answer(packet)).toBeUndefined();
  });
});
