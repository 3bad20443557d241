import {
  decodeMessage,
  DnsError,
  encodeMessage,
  Name,
  Opcode,
  queryFor,
  Rcode,
  RRType,
  type Edns,
  type Message,
} from '@callbook/dns';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apex, signed, zoneRecords } from '../signed-zone.fixture.js';
import { askingFor, client, dnssec } from './asking.fixture.js';
import type { Carrier } from './responder.js';

const seed = Number(process.env['CALLBOOK_SEED'] ?? 1);
const node = '3.2.1.0.0.9.0.0.7.7.4.4.e164.callbook.example.';
const crowded = Array.from(
  { length: 30 },
  (_, n) => `crowd NAPTR 100 ${n} "u" "E2U+sip" "!^.*$!sip:number${n}@a-rather-long-name-of-a-host.example.net!" .\n`,
).join('');
const { answer, ask, counted, responder } = askingFor([...zoneRecords(7), ...signed(crowded)], {
  signaturesPerSecond: 1_000_000,
});

const asked = (name: string, type: number, edns?: Edns) =>
  Buffer.from(encodeMessage(queryFor({ name: Name.parse(name), type, class: 1 }, 99, edns && { edns })));
const read = (octets: Uint8Array | undefined): Message => decodeMessage(octets!);
const query = asked(node, RRType.NAPTR, dnssec);

describe('a packet', () => {
  it('that is too short to have an id, or that is an answer, gets silence', () => {
    for (let length = 0; length < 12; length += 1) expect(answer(query.subarray(0, length))).toBeUndefined();
    expect(answer(answer(query)!)).toBeUndefined();
  });

  it('that ends anywhere too early gets FORMERR with its own id, and nothing of itself', () => {
    for (let length = 12; length < query.length; length += 1) {
      expect(read(answer(query.subarray(0, length)))).toMatchObject({ id: 99, rcode: Rcode.FORMERR, questions: [] });
      expect(counted.at(-1)).toBe('udp 1');
    }
  });

  it('with octets behind its records gets FORMERR', () => {
    expect(read(answer(Buffer.concat([query, Buffer.alloc(1)]))).rcode).toBe(Rcode.FORMERR);
    expect(read(answer(Buffer.concat([asked(node, 35), Buffer.alloc(1)]))).rcode).toBe(Rcode.FORMERR);
  });

  it.each([
    ['itself', [0xc0, 12]],
    ['the header', [0xc0, 0]],
    ['what follows', [0xc0, 20]],
    ['itself, behind a label', [1, 0x61, 0xc0, 12]],
    ['nowhere', [0xc0]],
  ])('whose name points to %s gets FORMERR at once', (_, octets) => {
    const packet = Buffer.concat([query.subarray(0, 12), Buffer.from(octets), Buffer.alloc(16)]);
    expect(read(answer(packet)).rcode).toBe(Rcode.FORMERR);
  });

  it('whose name has labels of unknown kinds, or more octets than a name, gets FORMERR', () => {
    for (const first of [0x40, 0x41, 0x80, 0xbf]) {
      const packet = Buffer.from(query);
      packet[12] = first;
      expect(read(answer(packet)).rcode).toBe(Rcode.FORMERR);
    }
    const name = Buffer.concat([
      ...Array.from({ length: 4 }, () => Buffer.concat([Buffer.from([63]), Buffer.alloc(63, 97)])),
      Buffer.alloc(1),
    ]);
    const packet = Buffer.concat([asked('.', 1).subarray(0, 12), name, Buffer.from([0, 1, 0, 1])]);
    expect(read(answer(packet)).rcode).toBe(Rcode.FORMERR);
  });

  it('with any octets in its labels comes back as it was asked', () => {
    for (const label of [Buffer.from('a.b'), Buffer.from([0]), Buffer.from([255, 0xc0, 0x2e]), Buffer.from('AbC')]) {
      const packet = encodeMessage(queryFor({ name: Name.ofLabels([label, ...apex.labels]), type: 1, class: 1 }, 99));
      const reply = answer(packet)!;
      expect(Buffer.from(reply.subarray(12, packet.length))).toEqual(Buffer.from(packet.subarray(12)));
      expect(read(reply).rcode).toBe(Rcode.NXDOMAIN);
    }
  });

  it('full of questions gets a short answer, whatever is asked to be done with them', () => {
    for (let opcode = 0; opcode < 16; opcode += 1) {
      const count = 280;
      const packet = Buffer.alloc(12 + count * 5);
      packet[2] = opcode << 3;
      packet.writeUInt16BE(count, 4);
      for (let n = 0; n < count; n += 1) packet.set([0, 0, 1, 0, 1], 12 + n * 5);
      const reply = answer(packet)!;
      expect(reply.length).toBe(12);
      expect(read(reply).rcode).toBe(opcode === 0 ? Rcode.FORMERR : Rcode.NOTIMP);
    }
  });

  it('full of records gets FORMERR without that anybody looks at them', () => {
    const record = Buffer.from([0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0]);
    const packet = Buffer.concat([asked(node, 35), ...Array.from({ length: 5_000 }, () => record)]);
    packet.writeUInt16BE(5_000, 10);
    expect(read(answer(packet, client('tcp')))).toMatchObject({ rcode: Rcode.FORMERR, questions: [] });
  });

  it('with a record or two that mean nothing to us is answered, and so is one whose OPT is not the last', () => {
    const extra = {
      name: Name.parse('key.example.net.'),
      type: RRType.TSIG,
      class: 255,
      ttl: 0,
      rdata: new Uint8Array(16),
    };
    for (const edns of [undefined, dnssec])
      expect(ask(node, 'NAPTR', { changes: { additionals: [extra], ...(edns && { edns }) } })).toMatchObject({
        rcode: Rcode.NOERROR,
        answers: [{ type: RRType.NAPTR }, ...(edns ? [{ type: RRType.RRSIG }] : [])],
      });
  });

  it('of any octets at all gets at most what its client takes, with its id and question, and no throw', () => {
    const carriers: readonly Carrier[] = ['udp', 'tcp', 'tls', 'https'];
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 600 }),
          fc
            .tuple(fc.array(fc.tuple(fc.nat(query.length - 1), fc.nat(255)), { maxLength: 4 }), fc.nat(query.length))
            .map(([changes, length]) => {
              const octets = Uint8Array.from(query);
              for (const [at, octet] of changes) octets[at] = octet;
              return octets.subarray(0, length + 12);
            }),
        ),
        fc.constantFrom(...carriers),
        (octets, carrier) => {
          const reply = answer(octets, client(carrier));
          if (!reply) return octets.length < 12 || (octets[2]! & 0x80) !== 0;
          expect(reply.length).toBeLessThanOrEqual(carrier === 'udp' ? 1_232 : 65_535);
          expect([reply[0], reply[1]]).toEqual([octets[0], octets[1]]);
          const message = decodeMessage(reply);
          expect(message.opcode).toBe((octets[2]! >> 3) & 15);
          const asking = decoded(octets);
          if (asking?.questions.length === 1) expect(message.questions).toEqual(asking.questions);
          else expect(message.questions).toEqual([]);
          if (!asking) expect([Rcode.FORMERR as number, Rcode.NOTIMP]).toContain(message.rcode);
          return true;
        },
      ),
      { numRuns: 5_000, seed },
    );
  });

  it('of a query with any octet changed gets an answer to its own id, or silence', () => {
    for (let at = 2; at < query.length; at += 1) {
      for (const value of [0, 1, 63, 64, 192, 255]) {
        const changed = Uint8Array.from(query);
        changed[at] = value;
        const reply = answer(changed);
        if (reply) expect([...reply.subarray(0, 2)]).toEqual([0, 99]);
      }
    }
  });

  it('is answered where it lies in the memory of its transport, and nothing is written beside the answer', () => {
    const from = new Uint8Array(200).fill(0xee);
    from.set(query, 50);
    const out = new Uint8Array(3_000).fill(0xee);
    const length = responder.respond(from, 50, 50 + query.length, out, 700, client());
    expect(out.subarray(0, 700).every((octet) => octet === 0xee)).toBe(true);
    expect(out.subarray(700 + length).every((octet) => octet === 0xee)).toBe(true);
    expect(read(out.slice(700, 700 + length)).answers).toHaveLength(2);
  });

  it('that meets a fault of ours gets SERVFAIL, and the next one its answer', () => {
    let faulty = true;
    const failing = askingFor(zoneRecords(7), {
      denialKeys: () => {
        if (faulty) throw new RangeError('a fault');
        return undefined;
      },
    });
    const none = asked('none.callbook.example.', 1, dnssec);
    expect(read(failing.answer(none))).toMatchObject({ id: 99, rcode: Rcode.SERVFAIL, questions: [] });
    expect(failing.counted).toEqual(['udp 2']);
    faulty = false;
    expect(read(failing.answer(query)).rcode).toBe(Rcode.NOERROR);
  });

  it('with an opcode that is not QUERY gets NOTIMP, whatever else is in it', () => {
    for (const opcode of [Opcode.IQUERY, Opcode.STATUS, Opcode.NOTIFY, Opcode.UPDATE, Opcode.DSO])
      expect(ask(node, 'NAPTR', { changes: { opcode, edns: { ...dnssec, version: 3 } } }).rcode).toBe(Rcode.NOTIMP);
  });
});

const decoded = (octets: Uint8Array): Message | undefined => {
  try {
    return decodeMessage(octets);
  } catch (error) {
    if (!(error instanceof DnsError)) throw error;
    return undefined;
  }
};

describe('an answer over UDP', () => {
  it('fits what the client takes, 512 octets at least and 1,232 at most; what does not fit goes by whole sets, with TC', () => {
    for (let udpSize = 0; udpSize < 65_536; udpSize += 1) {
      const reply = answer(asked('crowd.callbook.example.', RRType.NAPTR, { ...dnssec, udpSize }))!;
      expect(reply.length).toBeLessThanOrEqual(Math.min(1_232, Math.max(512, udpSize)));
      if (udpSize % 101 === 0)
        expect(read(reply)).toMatchObject({ truncated: true, answers: [], edns: { dnssecOk: true } });
    }
  });

  it('is whole over everything else', () => {
    for (const carrier of ['tcp', 'tls', 'https'] as const) {
      const reply = read(answer(asked('crowd.callbook.example.', 35, { ...dnssec, udpSize: 512 }), client(carrier)));
      expect(reply.truncated).toBe(false);
      expect(reply.answers).toHaveLength(31);
    }
  });

  it('is whole to exactly the octets that it has, and cut off at one less', () => {
    const whole = answer(asked('callbook.example.', RRType.DNSKEY, dnssec))!.length;
    for (const [udpSize, truncated] of [
      [whole, false],
      [whole - 1, whole > 512],
    ] as const)
      expect(read(answer(asked('callbook.example.', RRType.DNSKEY, { ...dnssec, udpSize }))).truncated).toBe(truncated);
  });
});
