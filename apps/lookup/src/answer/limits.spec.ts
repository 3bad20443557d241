import { decodeMessage, encodeMessage, Name, queryFor, RRType } from '@callbook/dns';
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createCookies } from '../limits/cookies.js';
import { createRateLimiter, createRateLimitTable } from '../limits/rate-limit.js';
import { denialKey, now, zoneRecords } from '../signed-zone.fixture.js';
import { askingFor, client, dnssec } from './asking.fixture.js';
import { chainedZone } from './chained-zone.fixture.js';
import type { Carrier } from './responder.js';

const rate = 10;
const node = '3.2.1.0.0.9.0.0.7.7.4.4.e164.callbook.example.';

function limited(records = zoneRecords(7)) {
  const fates = { dropped: 0, slipped: 0 };
  let signatures = 0;
  const cookies = createCookies([randomBytes(16)], () => now);
  const asking = askingFor(records, {
    cookies,
    limiter: createRateLimiter(createRateLimitTable({ rate, slip: 2, key: randomBytes(16) })),
    met: (fate) => (fates[fate] += 1),
    denialKeys: () => ((signatures += 1), denialKey),
  });
  const ask = (
    name: string,
    type = 35,
    {
      carrier = 'udp',
      address = [192, 0, 2, 1],
      cookie,
    }: { carrier?: Carrier; address?: number[]; cookie?: Uint8Array } = {},
  ) => {
    const options = cookie ? [{ code: 10, data: cookie }] : [];
    const packet = encodeMessage(
      queryFor({ name: Name.parse(name), type, class: 1 }, 1, { edns: { ...dnssec, options } }),
    );
    const reply = asking.answer(packet, client(carrier, address));
    return reply && { octets: reply.length, asked: packet.length, message: decodeMessage(reply) };
  };
  /** Of so many answers, how many were whole. */
  const whole = (count: number, ask: (n: number) => { message: { truncated: boolean } } | undefined) => {
    let answered = 0;
    for (let n = 0; n < count; n += 1) if (ask(n)?.message.truncated === false) answered += 1;
    return answered;
  };
  return { ask, whole, fates, signatures: () => signatures };
}

describe('answers to an address that may be forged', () => {
  it('are as many as the rate allows for one name; of the rest half are empty with TC, half are not sent', () => {
    const { ask, whole, fates } = limited();
    expect(whole(110, () => ask(node))).toBe(rate);
    expect(fates).toEqual({ dropped: 50, slipped: 50 });
  });

  it('that are denials or refusals count as one, whatever name was made up', () => {
    const { ask, whole, signatures } = limited();
    expect(whole(50, (n) => ask(`n${n}.callbook.example.`))).toBe(rate);
    // What nobody gets is not signed.
    expect(signatures()).toBe(rate);
    expect(whole(50, (n) => ask(`n${n}.example.net.`))).toBe(rate);
  });

  it('that come from one wildcard, one delegation or one DNAME count as one', () => {
    const { ask, whole } = limited(
      chainedZone(
        '@ SOA ns1 hostmaster 7 3600 900 604800 60\n@ NS ns1\nns1 A 192.0.2.1\n*.w A 192.0.2.2\ncut NS ns1\nmoved DNAME example.net.\n',
        'nsec',
      ),
    );
    for (const above of ['w', 'cut', 'moved'])
      expect(whole(50, (n) => ask(`n${n}.${above}.callbook.example.`, RRType.A))).toBe(rate);
  });

  it('are limited for a prefix, and not for others', () => {
    const { ask, whole } = limited();
    expect(whole(100, (n) => ask(node, 35, { address: [198, 51, 100, n] }))).toBe(rate);
    expect(whole(100, (n) => ask(node, 35, { address: [203, n, 113, 1] }))).toBe(100);
  });

  it('are not limited for those who show a cookie of ours, or hold a connection', () => {
    const { ask, whole } = limited();
    const cookie = ask(node, 35, { cookie: Buffer.alloc(8) })!.message.edns!.options[0]!.data;
    expect(whole(100, () => ask(node, 35, { cookie }))).toBe(100);
    for (const carrier of ['tcp', 'tls', 'https'] as const)
      expect(whole(100, () => ask(node, 35, { carrier }))).toBe(100);
    expect(whole(100, () => ask(node, 35, { cookie: Buffer.alloc(8) }))).toBe(rate - 1);
  });

  it('are in sum hardly more octets than were asked with, for whoever floods (D11)', () => {
    const { ask } = limited();
    let [asked, answered] = [0, 0];
    for (let n = 0; n < 10_000; n += 1) {
      const reply = ask(`n${n}.callbook.example.`, RRType.A, { address: [127, 3, 4, n & 255] });
      asked += 44;
      answered += reply?.octets ?? 0;
    }
    expect(answered / asked).toBeLessThan(1.2);
  });

  it('are still whole messages with their question where they are empty', () => {
    const { ask } = limited();
    const replies = Array.from({ length: 40 }, () => ask(node)).filter((each) => each !== undefined);
    const empty = replies.filter(({ message }) => message.truncated);
    expect(empty.length).toBeGreaterThan(0);
    for (const { message } of empty)
      expect(message).toMatchObject({ rcode: 0, answers: [], questions: [{ type: 35 }], edns: { dnssecOk: true } });
  });
});
