import {
  decodeMessage,
  encodeMessage,
  Name,
  Opcode,
  queryFor,
  Rcode,
  RRType,
  signRequest,
  tsigKeyOf,
  verifyResponse,
  type Message,
  type RR,
} from '@callbook/dns';
import { describe, expect, it } from 'vitest';
import type { Carrier, Responder } from '../answer/responder.js';
import { apex, now, signed, soaText } from '../signed-zone.fixture.js';
import { clientAt } from '../streams/client.js';
import type { StoredSet, ZoneView } from '../zone/zone-view.js';
import { addressRuleOf } from './access.js';
import { withTsig } from './signed-queries.js';

const key = tsigKeyOf('transfer.example=hmac-sha256:c2VjcmV0');
const seconds = now / 1_000;
const soa = signed(soaText(7))[0]!;
const edns = { udpSize: 1_232, version: 0, dnssecOk: true, compactOk: false, options: [] };

const queryOf = (type: number, given: Partial<Message> = {}) =>
  encodeMessage({ ...queryFor({ name: apex, type, class: 1 }, 0xabcd), ...given });
const ixfr = queryOf(RRType.IXFR, { authorities: [soa] });

/** A zone of which only the SOA is asked for here. */
const view = {
  ...{ apexNode: 1, take: () => true, release: () => {} },
  set: (_node: number, type: number, into: StoredSet) => {
    if (type !== RRType.SOA) return false;
    into.octets = Uint8Array.of(0, ...new Uint8Array(12), ...soa.rdata);
    Object.assign(into, { ttl: 3_600, start: 1, plainEnd: into.octets.length, end: into.octets.length });
    return true;
  },
} as Partial<ZoneView> as ZoneView;

/** Answers with the SOA, and remembers what it was asked. `padding` octets make the answer longer. */
function serving(padding = 0, shownView = view, udpLimit = 1_232) {
  const asked: Uint8Array[] = [];
  const counts: string[] = [];
  const responder: Responder = {
    respond: (query, start, end, out, outStart) => {
      asked.push(Uint8Array.from(query.subarray(start, end)));
      const filler: RR = { name: apex, type: 65_280, class: 1, ttl: 0, rdata: new Uint8Array(padding) };
      const answers = padding > 0 ? [soa, filler] : [soa];
      const reply = encodeMessage({ ...decodeMessage(asked.at(-1)!), response: true, additionals: [], answers });
      out.set(reply, outStart);
      return reply.length;
    },
  };
  const wrapped = withTsig(responder, {
    ...{ apex, clock: () => now, view: shownView, udpLimit },
    rules: { allow: [addressRuleOf('192.0.2.1')], keys: [key] },
    count: (carrier, rcode) => counts.push(`${carrier} ${rcode}`),
  });
  const out = new Uint8Array(70_000);
  const answer = (query: Uint8Array, carrier: Carrier = 'udp', address = '192.0.2.1') => {
    const packet = Uint8Array.of(1, 2, 3, ...query, 4);
    const length = wrapped.respond(packet, 3, 3 + query.length, out, 10, clientAt(address, carrier));
    return Uint8Array.from(out.subarray(10, 10 + length));
  };
  return { answer, asked, counts };
}

describe('a query with TSIG', () => {
  it.each(['udp', 'tcp', 'tls', 'https'] as const)('is answered as any other, and signed (%s)', (carrier) => {
    const { answer, asked } = serving();
    const plain = queryOf(RRType.SOA, { edns });
    const { octets, mac } = signRequest(plain, key, seconds);
    expect(decodeMessage(verifyResponse(answer(octets, carrier), key, mac, seconds)).answers).toEqual([soa]);
    expect(asked).toEqual([plain]);
  });

  it('is NOTAUTH when it was forged, and nobody looks at what it asks', () => {
    const { answer, asked, counts } = serving();
    const { octets, mac } = signRequest(queryOf(RRType.SOA), { ...key, secret: Uint8Array.of(1) }, seconds);
    const reply = answer(octets);
    expect(decodeMessage(reply)).toMatchObject({ id: 0xabcd, rcode: Rcode.NOTAUTH, answers: [] });
    expect(() => verifyResponse(reply, key, mac, seconds)).toThrow(
      expect.objectContaining({ code: 'BADSIG', by: 'peer' }),
    );
    expect([asked, counts]).toEqual([[], ['udp 9']]);
  });

  it('is FORMERR when TSIG is where it may not be', () => {
    const { octets } = signRequest(queryOf(RRType.SOA), key, seconds);
    const twice = signRequest(octets, key, seconds).octets;
    expect([...serving().answer(twice)]).toEqual([0xab, 0xcd, 0x80, Rcode.FORMERR, ...new Uint8Array(8)]);
  });

  it('is truncated over UDP when its signature does not fit any more, and signed', () => {
    const { octets, mac } = signRequest(queryOf(RRType.SOA, { edns }), key, seconds);
    const whole = serving(950).answer(octets);
    expect(decodeMessage(verifyResponse(whole, key, mac, seconds)).truncated).toBe(false);
    const reply = serving(1_120).answer(octets);
    expect(decodeMessage(verifyResponse(reply, key, mac, seconds))).toMatchObject({ truncated: true, answers: [] });
    expect(decodeMessage(verifyResponse(serving(1_120).answer(octets, 'tcp'), key, mac, seconds)).answers).toHaveLength(
      2,
    );
  });

  it('never gets more than fits, however long its names are and however many its questions', () => {
    const long = Name.parse(`${`${'k'.repeat(63)}.`.repeat(3)}${'k'.repeat(61)}.`);
    const questions = Array.from({ length: 12 }, () => ({ name: long, type: RRType.SOA, class: 1 }));
    for (const query of [
      queryOf(RRType.SOA, { questions: questions.slice(0, 1), edns }),
      queryOf(RRType.SOA, { questions }),
    ]) {
      const { octets } = signRequest(query, { ...key, name: long }, seconds);
      for (const limit of [512, 1_232])
        expect(serving(0, view, limit).answer(octets).length).toBeLessThanOrEqual(limit);
    }
  });

  it('that is a response is not answered', () => {
    const { octets } = signRequest(queryOf(RRType.SOA, { response: true }), key, seconds);
    expect(serving().answer(octets)).toHaveLength(0);
  });
});

describe('a query without', () => {
  it.each([
    ['an ordinary one', queryOf(RRType.NAPTR, { edns })],
    ['an UPDATE', queryOf(RRType.SOA, { opcode: Opcode.UPDATE })],
    ['AXFR over UDP', queryOf(RRType.AXFR)],
    ['cut octets', ixfr.subarray(0, 15)],
  ])('goes through as it is: %s', (_, query) => {
    const { answer, asked } = serving();
    try {
      answer(query);
    } catch {
      // The responder here is a simple one.
    }
    expect(asked).toEqual([query]);
  });
});

describe('IXFR over UDP', () => {
  it('is answered with the SOA, for those who may transfer', () => {
    const reply = decodeMessage(serving().answer(ixfr));
    expect(reply).toMatchObject({ rcode: 0, authoritative: true, answers: [soa], authorities: [] });
    expect(reply.questions[0]!.type).toBe(RRType.IXFR);
    expect(decodeMessage(serving().answer(ixfr, 'udp', '192.0.2.2'))).toMatchObject({
      rcode: Rcode.REFUSED,
      answers: [],
    });
    const { octets, mac } = signRequest(ixfr, key, seconds);
    const signedReply = serving().answer(octets, 'udp', '192.0.2.2');
    expect(decodeMessage(verifyResponse(signedReply, key, mac, seconds)).answers).toEqual([soa]);
  });

  it('is SERVFAIL while there is no zone', () => {
    const none = { ...view, take: () => false };
    expect(decodeMessage(serving(0, none).answer(ixfr)).rcode).toBe(Rcode.SERVFAIL);
  });
});
