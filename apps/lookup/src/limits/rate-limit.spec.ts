import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Worker } from 'node:worker_threads';
import type { Carrier, Client } from '../answer/responder.js';
import { createRateLimiter, createRateLimitTable, responseClass, verdict, type ResponseClass } from './rate-limit.js';

const key = new Uint8Array(16).fill(3);
const limiterOf = (rate: number, slip = 2) => createRateLimiter(createRateLimitTable({ rate, slip, key }));

function from(address: readonly number[], carrier: Carrier = 'udp'): Client {
  return { carrier, address: Uint8Array.from(address), addressStart: 0, addressLength: address.length as 4 | 16 };
}
const ann = from([192, 0, 2, 1]);
const v6 = (...start: number[]) => from([...start, ...new Array<number>(16 - start.length).fill(0)]);

/** How many of so many answers are sent, slipped and dropped. */
function flood(
  limiter: ReturnType<typeof limiterOf>,
  count: number,
  one: (i: number) => { client?: Client; kind?: ResponseClass; name?: number; second?: number },
) {
  const seen = [0, 0, 0];
  for (let i = 0; i < count; i++) {
    const { client = ann, kind = responseClass.answer, name = 1, second = 1_000 } = one(i);
    seen[limiter.decide(client, kind, name, second)]!++;
  }
  return { sent: seen[verdict.send]!, slipped: seen[verdict.slip]!, dropped: seen[verdict.drop]! };
}

describe('response-rate limiting', () => {
  it('sends so many answers a second, and every other one after them empty', () => {
    expect(flood(limiterOf(10), 110, () => ({}))).toEqual({ sent: 10, slipped: 50, dropped: 50 });
  });

  it('slips none, all, or every so manyth, as it is told', () => {
    expect(flood(limiterOf(10, 0), 110, () => ({}))).toEqual({ sent: 10, slipped: 0, dropped: 100 });
    expect(flood(limiterOf(10, 1), 110, () => ({}))).toEqual({ sent: 10, slipped: 100, dropped: 0 });
    expect(flood(limiterOf(10, 4), 110, () => ({}))).toEqual({ sent: 10, slipped: 25, dropped: 75 });
  });

  it('never hinders those who ask at the rate or below it', () => {
    const { sent } = flood(limiterOf(10), 6_000, (i) => ({ second: 1_000 + Math.floor(i / 10) }));
    expect(sent).toBe(6_000);
  });

  it('sends nothing to who goes on flooding, and all again after a quiet while', () => {
    const limiter = limiterOf(10);
    flood(limiter, 1_000, () => ({}));
    expect(flood(limiter, 1_000, (i) => ({ second: 1_001 + Math.floor(i / 100) })).sent).toBe(0);
    expect(flood(limiter, 10, () => ({ second: 1_010 + 15 })).sent).toBe(0);
    expect(flood(limiter, 10, () => ({ second: 1_025 + 17 })).sent).toBe(10);
  });

  it('counts the whole of a /24 and of a /56 as one, and the next one apart', () => {
    expect(flood(limiterOf(10), 256, (i) => ({ client: from([192, 0, 2, i]) })).sent).toBe(10);
    expect(flood(limiterOf(10), 200, (i) => ({ client: from([192, 0, i, 1]) })).sent).toBe(200);
    expect(flood(limiterOf(10), 256, (i) => ({ client: v6(0x20, 1, 0xd, 0xb8, 0, 0, 0, i, i, i) })).sent).toBe(10);
    expect(flood(limiterOf(10), 200, (i) => ({ client: v6(0x20, 1, 0xd, 0xb8, 0, 0, i) })).sent).toBe(200);
  });

  it('counts answers and referrals by name, and denials and errors all together: made-up names are one', () => {
    const counted = (kind: ResponseClass) => flood(limiterOf(10), 200, (i) => ({ kind, name: i })).sent;
    expect(counted(responseClass.answer)).toBe(200);
    expect(counted(responseClass.referral)).toBe(200);
    for (const kind of [responseClass.nodata, responseClass.nxdomain, responseClass.error])
      expect(counted(kind)).toBe(10);
  });

  it('keeps the classes of answers apart', () => {
    const limiter = limiterOf(10);
    for (const kind of Object.values(responseClass)) expect(flood(limiter, 100, () => ({ kind })).sent).toBe(10);
  });

  it.each(['tcp', 'tls', 'https'] as const)('leaves %s alone: its address is not forged', (carrier) => {
    expect(flood(limiterOf(1), 1_000, () => ({ client: from([192, 0, 2, 1], carrier) })).sent).toBe(1_000);
  });

  it('keeps limiting one victim while the flood comes with a million other addresses', () => {
    const limiter = limiterOf(5);
    let sent = 0;
    for (let i = 0; i < 1_000_000; i++) {
      limiter.decide(from([i & 255, (i >> 8) & 255, (i >> 16) & 255, 0]), responseClass.nxdomain, 0, 1_000);
      if (i % 1_000 === 0 && limiter.decide(from([203, 0, 113, 9]), responseClass.nxdomain, 0, 1_000) === verdict.send)
        sent++;
    }
    // The table holds a sixteenth of them: the victim's account is made anew now and then, and far from every time.
    expect(sent).toBeLessThanOrEqual(250);
  });

  it('takes any rate', () => {
    expect(flood(limiterOf(1_000_000_000), 10_000, (i) => ({ second: i })).sent).toBe(10_000);
  });

  it('is not fooled by a clock that goes back', () => {
    const limiter = limiterOf(10);
    flood(limiter, 100, () => ({ second: 1_000 }));
    expect(flood(limiter, 100, () => ({ second: 999 })).sent).toBe(0);
    expect(flood(limiter, 100, () => ({ second: 10 })).sent).toBe(0);
    expect(flood(limiter, 1, () => ({ second: 60 })).sent).toBe(1);
  });

  it('knows nothing of an address in its memory but a keyed hash', () => {
    const table = createRateLimitTable({ rate: 10, slip: 2, key });
    const limiter = createRateLimiter(table);
    const address = [0xc6, 0x33, 0x64, 0x17];
    limiter.decide(from(address), responseClass.answer, 0x1234abcd, 1_000);
    const memory = Buffer.from(table.accounts);
    expect(memory.includes(Buffer.from(address.slice(0, 3)))).toBe(false);
    expect(memory.includes(Buffer.from([0xcd, 0xab, 0x34, 0x12]))).toBe(false);
  });

  it('gives back no more than a fifth over what comes in when 10,000 forged queries ask for large answers', () => {
    const [query, answer] = [60, 1_232];
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.values(responseClass)),
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 4 }),
        (kind, rate, seconds) => {
          const { sent, slipped } = flood(limiterOf(rate), 10_000, (i) => ({
            kind,
            client: from([127, 7, 7, i & 255]),
            second: 1_000 + Math.floor((i * seconds) / 10_000),
          }));
          expect((sent * answer + slipped * query) / (10_000 * query)).toBeLessThanOrEqual(1.2);
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe('threads that share a table', () => {
  it('count together', async () => {
    const table = createRateLimitTable({ rate: 1_000, slip: 0, key });
    // Every thread takes from the account that the first one opened.
    createRateLimiter(table).decide(ann, responseClass.answer, 1, 1_000);
    const balanceAt = new Int32Array(table.accounts).findIndex((cell) => cell === 999);
    expect(balanceAt).toBeGreaterThan(0);
    const thread = new Worker(
      `const { workerData } = require('node:worker_threads');
       const cells = new Int32Array(workerData.accounts);
       for (let i = 0; i < 900; i++) Atomics.sub(cells, workerData.balanceAt, 1);`,
      { eval: true, workerData: { accounts: table.accounts, balanceAt } },
    );
    await new Promise((resolve) => thread.once('exit', resolve));
    expect(flood(createRateLimiter(table), 1_000, () => ({})).sent).toBe(99);
  });
});
