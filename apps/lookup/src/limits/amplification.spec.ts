import { decodeMessage, encodeMessage, Name, queryFor, typeCode, type Edns } from '@callbook/dns';
import { beforeEach, describe, expect, it } from 'vitest';
import { askingFor, client, dnssec, type Asking } from '../answer/asking.fixture.js';
import { signed, zoneRecords } from '../signed-zone.fixture.js';
import { createCookies } from './cookies.js';
import { createRateLimiter, createRateLimitTable } from './rate-limit.js';

/** What a flood at forged addresses gets out of this server, measured in octets at the door. */
const records = [
  ...zoneRecords(7),
  ...signed('*.wild TXT "what is asked for here is always there"\nlong TXT ' + `"${'x'.repeat(200)}" `.repeat(4)),
];
const number = '3.2.1.0.0.9.0.0.7.7.4.4.e164';

let time = Date.parse('2026-01-01T00:00:00Z');
let asking: Asking;
beforeEach(() => {
  time = Date.parse('2026-01-01T00:00:00Z');
  const table = createRateLimitTable({ rate: 200, slip: 2, key: new Uint8Array(16).fill(9) });
  asking = askingFor(records, {
    clock: () => time,
    limiter: createRateLimiter(table),
    cookies: createCookies([new Uint8Array(16).fill(5)], () => time),
  });
});

const packet = (name: string, type: string, edns: Edns | undefined = dnssec, apex = 'callbook.example.') =>
  encodeMessage(
    queryFor({ name: Name.parse(`${name}.${apex}`), type: typeCode(type), class: 1 }, 7, { ...(edns && { edns }) }),
  );

/** Octets in, octets out and answers with TC for so many queries from all over 127.77.0.0/24, in two seconds. */
function flood(count: number, question: (i: number) => Uint8Array) {
  let [octetsIn, octetsOut, truncated, answers] = [0, 0, 0, 0];
  const began = time;
  for (let i = 0; i < count; i++) {
    time = began + Math.floor((i * 2_000) / count);
    const asked = question(i);
    const answer = asking.answer(asked, client('udp', [127, 77, 0, i & 0xff]));
    octetsIn += asked.length;
    octetsOut += answer?.length ?? 0;
    answers += answer ? 1 : 0;
    truncated += answer && answer[2]! & 0x02 ? 1 : 0;
  }
  return { ratio: octetsOut / octetsIn, truncated, answers };
}

describe('10,000 queries with forged addresses of one network', () => {
  it.each([
    ['the same number again and again', () => packet(number, 'NAPTR')],
    ['the largest answer of the zone', () => packet('long', 'TXT')],
    ['everything at a name', () => packet(number, 'ANY')],
    ['another type of a name', () => packet(number, 'TXT')],
    ['names that nobody has', (i: number) => packet(`n${i}`, 'NAPTR')],
    ['names that a wildcard makes', (i: number) => packet(`n${i}.wild`, 'TXT')],
    ['the keys of the zone', () => packet('callbook', 'DNSKEY', dnssec, 'example.')],
    ['names of another zone', (i: number) => packet(`n${i}`, 'A', dnssec, 'example.net.')],
  ])('for %s get out hardly more than they bring in', (_what, question) => {
    const { ratio, truncated, answers } = flood(10_000, question);
    expect(ratio).toBeLessThanOrEqual(1.2);
    // Whoever did not lie about the address hears of TCP.
    expect(truncated).toBeGreaterThan(1_000);
    expect(answers).toBeLessThan(10_000);
  });

  it('are not limited when they bring a cookie of this server, and each client has its own', () => {
    const cookieOf = (address: readonly number[]) => {
      const learning = { ...dnssec, options: [{ code: 10, data: new Uint8Array(8).fill(1) }] };
      const answer = decodeMessage(asking.answer(packet(number, 'NAPTR', learning), client('udp', address))!);
      return answer.edns!.options.find(({ code }) => code === 10)!.data;
    };
    const address = [127, 77, 0, 1];
    const mine = { ...dnssec, options: [{ code: 10, data: cookieOf(address) }] };
    flood(5_000, () => packet(number, 'NAPTR'));
    const sentTo = (from: readonly number[]) => {
      let sent = 0;
      for (let i = 0; i < 1_000; i++) {
        const answer = asking.answer(packet(number, 'NAPTR', mine), client('udp', from));
        sent += answer && (answer[2]! & 0x02) === 0 ? 1 : 0;
      }
      return sent;
    };
    expect(sentTo(address)).toBe(1_000);
    expect(sentTo([127, 77, 0, 2])).toBe(0);
  });

  it('leave alone those who come over a stream, and other networks', () => {
    flood(5_000, () => packet(number, 'NAPTR'));
    for (const carrier of ['tcp', 'tls', 'https'] as const)
      for (let i = 0; i < 500; i++) {
        const answer = asking.answer(packet(number, 'NAPTR'), client(carrier, [127, 77, 0, 1]))!;
        expect(answer[2]! & 0x02).toBe(0);
      }
    expect(asking.answer(packet(number, 'NAPTR'), client('udp', [127, 78, 0, 1]))![2]! & 0x02).toBe(0);
  });
});
