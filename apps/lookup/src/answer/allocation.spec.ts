import { encodeMessage, Name, queryFor, RRType } from '@callbook/dns';
import { createCookies } from '../limits/cookies.js';
import { createRateLimiter, createRateLimitTable } from '../limits/rate-limit.js';
import { describe, expect, it } from 'vitest';
import { zoneRecords } from '../signed-zone.fixture.js';
import { askingFor, client, dnssec } from './asking.fixture.js';
import { chainedZone } from './chained-zone.fixture.js';

const node = '3.2.1.0.0.9.0.0.7.7.4.4.e164.callbook.example.';
const packets = 20_000;
/** Far below what the smallest object for each packet would take. */
const atMost = packets * 8;

/**
 * Octets by which the heap grew over the packets: the least of several rounds, since compiling and whatever else goes on take memory too. A collection in
 * between only makes it less.
 */
function grownBy(answer: () => void): number {
  let least = Infinity;
  for (let round = 0; round < 60 && least > atMost; round += 1) {
    const before = process.memoryUsage().heapUsed;
    for (let n = 0; n < packets; n += 1) answer();
    const grown = process.memoryUsage().heapUsed - before;
    // Less than nothing: it was collected, and says nothing.
    if (grown >= 0) least = Math.min(least, grown);
  }
  return least;
}

describe('nothing is made', () => {
  const text = `@ SOA ns1 hostmaster 7 3600 900 604800 60\n@ NS ns1\nns1 A 192.0.2.1\nalias CNAME ns1\n*.w A 192.0.2.2\ncut NS ns.cut\nns.cut A 192.0.2.3\nmoved DNAME w\n`;
  const deps = { count: () => undefined, met: () => undefined };
  const directory = askingFor(zoneRecords(7), deps).responder;
  const chained = askingFor(chainedZone(text, 'nsec3'), deps).responder;
  const compact = askingFor(chainedZone(text, 'compact'), deps).responder;
  const guarded = askingFor(zoneRecords(7), {
    ...deps,
    cookies: createCookies([new Uint8Array(16)], () => 0),
    limiter: createRateLimiter(createRateLimitTable({ rate: 5, slip: 2, key: new Uint8Array(16) })),
    clock: () => 0,
  }).responder;

  it.each([
    ['a hit with signatures', directory, node, RRType.NAPTR, true],
    ['a hit without', directory, node, RRType.NAPTR, false],
    ['a denied type', directory, node, RRType.TXT, false],
    ['a denied type with proof', directory, node, RRType.TXT, true],
    ['a name that nobody has', directory, `9.${node}`, RRType.NAPTR, false],
    ['a name that nobody has, with a proof that is known', directory, `9.${node}`, RRType.NAPTR, true],
    ['a refusal', directory, 'example.net.', RRType.A, true],
    ['an answer that is limited', guarded, node, RRType.NAPTR, true],
    ['an alias', chained, 'alias.callbook.example.', RRType.A, true],
    ['what a wildcard stands for', chained, 'a.w.callbook.example.', RRType.A, true],
    ['what a wildcard stands for, signed on line', compact, 'a.w.callbook.example.', RRType.A, true],
    ['a referral', chained, 'a.b.cut.callbook.example.', RRType.A, true],
    ['a name that has moved', chained, 'a.moved.callbook.example.', RRType.A, true],
    ['a denial by three hashes', chained, 'none.callbook.example.', RRType.A, true],
  ] as const)(
    'for %s',
    (_, responder, name, type, dnssecOk) => {
      const packet = encodeMessage(
        queryFor({ name: Name.parse(name), type, class: 1 }, 1, { edns: { ...dnssec, dnssecOk } }),
      );
      const out = new Uint8Array(2_000);
      const from = client();
      expect(responder.respond(packet, 0, packet.length, out, 0, from)).toBeGreaterThan(0);
      expect(grownBy(() => responder.respond(packet, 0, packet.length, out, 0, from))).toBeLessThanOrEqual(atMost);
    },
    60_000,
  );
});
