import { decodeMessage, encodeMessage, Name, queryFor, Rcode, RRType, textOf, type Edns } from '@callbook/dns';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDenialSigner } from './denial-signer.js';
import { createPipeline, type Origin } from './pipeline.js';
import { apex, denialKey, now, signed, zoneRecords } from './signed-zone.fixture.js';
import { Zone } from './zone.js';

const node = '3.2.1.0.0.9.0.0.7.7.4.4.e164.callbook.example.';
const crowded = Array.from(
  { length: 16 },
  (_, n) => `crowd NAPTR 100 ${n} "u" "E2U+sip" "!^.*$!sip:number${n}@a-rather-long-name-of-a-host.example.net!" .\n`,
).join('');
const records = [...zoneRecords(7), ...signed(crowded)];
const zone = Zone.of(apex, records);

const counted: string[] = [];
const pipeline = createPipeline({
  zone: () => zone,
  denial: createDenialSigner({ apex, key: () => denialKey, clock: () => now }),
  udpLimit: 1_232,
  transferAllow: new Set(['127.0.0.1']),
  count: (transport, rcode) => counted.push(`${transport} ${rcode}`),
});
const udp: Origin = { transport: 'udp', address: '192.0.2.1' };
const tcp = (address: string): Origin => ({ transport: 'tcp', address });
const edns = (udpSize: number): Edns => ({ udpSize, version: 0, dnssecOk: true, compactOk: false, options: [] });
const asked = (name: string, type: number, given: { edns?: Edns } = {}) =>
  encodeMessage(queryFor({ name: Name.parse(name), type, class: 1 }, 99, given));
const answers = (packet: Uint8Array, origin: Origin) => [...pipeline(packet, origin)];

describe('a packet', () => {
  it('that is too short to have an id, or that is an answer, gets silence', () => {
    const query = asked(node, RRType.NAPTR);
    for (let length = 0; length < 12; length += 1) expect(answers(query.subarray(0, length), udp)).toEqual([]);
    expect(answers(answers(query, udp)[0]!, udp)).toEqual([]);
  });

  it('that is malformed gets FORMERR with its own id, and nothing of itself', () => {
    const query = asked(node, RRType.NAPTR);
    const [reply] = answers(query.subarray(0, query.length - 1), udp);
    expect(decodeMessage(reply!)).toMatchObject({ id: 99, response: true, rcode: Rcode.FORMERR, questions: [] });
    expect(counted.at(-1)).toBe('udp 1');
  });

  it('of any octets at all gets at most one answer, never larger than the client takes, and no throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (octets) => {
        const replies = answers(octets, udp);
        expect(replies.length).toBeLessThanOrEqual(1);
        for (const reply of replies) expect(reply.length).toBeLessThanOrEqual(1_232);
      }),
      { numRuns: 3_000 },
    );
  });

  it('full of questions gets a short answer, whatever is asked to be done with them', () => {
    for (let opcode = 0; opcode < 16; opcode += 1) {
      const count = 280;
      const packet = Buffer.alloc(12 + count * 5);
      packet[2] = opcode << 3;
      packet.writeUInt16BE(count, 4);
      for (let n = 0; n < count; n += 1) packet.set([0, 0, 1, 0, 1], 12 + n * 5);
      const [reply] = answers(packet, udp);
      expect(reply!.length).toBe(12);
      expect(decodeMessage(reply!).rcode).toBe(opcode === 0 ? Rcode.FORMERR : Rcode.NOTIMP);
    }
  });

  it('that meets a fault of ours gets SERVFAIL, and the next one its answer', () => {
    let faulty = true;
    const failing = createPipeline({
      zone: () => {
        if (faulty) throw new RangeError('a fault');
        return zone;
      },
      denial: createDenialSigner({ apex, key: () => denialKey, clock: () => now }),
      udpLimit: 1_232,
      transferAllow: new Set(),
      count: () => {},
    });
    const rcodes = () =>
      [udp, tcp('192.0.2.1')].flatMap((origin) =>
        [...failing(asked(node, RRType.NAPTR), origin)].map((octets) => decodeMessage(octets).rcode),
      );
    expect(rcodes()).toEqual([Rcode.SERVFAIL, Rcode.SERVFAIL]);
    faulty = false;
    expect(rcodes()).toEqual([Rcode.NOERROR, Rcode.NOERROR]);
  });

  it('of a query with any octet changed gets an answer to its own id, or silence', () => {
    const query = asked(node, RRType.NAPTR, { edns: edns(1_232) });
    for (let at = 2; at < query.length; at += 1) {
      for (const value of [0, 1, 63, 64, 192, 255]) {
        const changed = Uint8Array.from(query);
        changed[at] = value;
        for (const reply of answers(changed, udp)) expect([...reply.subarray(0, 2)]).toEqual([0, 99]);
      }
    }
  });
});

describe('an answer over UDP', () => {
  it('fits what the client takes, 512 octets at least and 1,232 at most; what does not fit goes by whole sets, with TC', () => {
    for (let udpSize = 0; udpSize < 65_536; udpSize += 97) {
      const [reply] = answers(asked('crowd.callbook.example.', RRType.NAPTR, { edns: edns(udpSize) }), udp);
      expect(reply!.length).toBeLessThanOrEqual(Math.min(1_232, Math.max(512, udpSize)));
      expect(decodeMessage(reply!)).toMatchObject({ truncated: true, answers: [], edns: { dnssecOk: true } });
    }
  });

  it('is whole over TCP', () => {
    const [reply] = answers(asked('crowd.callbook.example.', RRType.NAPTR, { edns: edns(512) }), tcp('192.0.2.1'));
    expect(decodeMessage(reply!)).toMatchObject({ truncated: false });
    expect(decodeMessage(reply!).answers).toHaveLength(17);
  });
});

describe('a transfer', () => {
  it('is the zone between two SOA records (RFC 5936 §2.2), for those who may have it', () => {
    for (const type of [RRType.AXFR, RRType.IXFR]) {
      const messages = answers(asked('callbook.example.', type), tcp('::ffff:127.0.0.1')).map(decodeMessage);
      const transferred = messages.flatMap((message) => message.answers);
      expect([transferred[0]!.type, transferred.at(-1)!.type]).toEqual([RRType.SOA, RRType.SOA]);
      expect(transferred.slice(0, -1).map(textOf).sort()).toEqual(records.map(textOf).sort());
    }
  });

  it('is refused to everyone else, is not for other zones, and not over UDP', () => {
    const rcodeOf = (name: string, origin: Origin) =>
      answers(asked(name, RRType.AXFR), origin).map((octets) => decodeMessage(octets).rcode);
    expect(rcodeOf('callbook.example.', tcp('192.0.2.1'))).toEqual([Rcode.REFUSED]);
    expect(rcodeOf('e164.callbook.example.', tcp('127.0.0.1'))).toEqual([Rcode.NOTAUTH]);
    expect(rcodeOf('callbook.example.', { transport: 'udp', address: '127.0.0.1' })).toEqual([Rcode.NOTIMP]);
  });
});
