import fc from 'fast-check';
import { isIPv4 } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { Client } from '../answer/responder.js';
import { cookieSecretPeriod, cookieSecretsAt, nextCookieSecrets } from './cookie-secrets.js';
import { cookie, createCookies } from './cookies.js';

const hex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'));

function clientAt(address: string): Client {
  const octets = isIPv4(address) ? Uint8Array.from(address.split('.'), Number) : ipv6(address);
  // Somewhere inside a larger buffer, as the socket addresses of a batch are.
  const within = new Uint8Array(40).fill(0xee);
  within.set(octets, 5);
  return { carrier: 'udp', address: within, addressStart: 5, addressLength: octets.length as 4 | 16 };
}

function ipv6(address: string): Uint8Array {
  const groups = address.split(':').map((group) => group.padStart(4, '0'));
  return hex(groups.join(''));
}

function server(secrets: readonly string[], seconds: number) {
  let time = seconds * 1_000;
  const cookies = createCookies(secrets.map(hex), () => time);
  return {
    cookies,
    at: (later: number) => (time = later * 1_000),
    ask(option: string, client: Client) {
      const query = hex(`ffffffff${option}ffff`);
      const verdict = cookies.check(query, 4, option.length / 2, client);
      const out = new Uint8Array(64);
      const length = verdict === cookie.malformed ? 0 : cookies.write(query, 4, client, out, 3);
      expect(out.subarray(3 + length).every((octet) => octet === 0)).toBe(true);
      const reply = Buffer.from(out.subarray(3, 3 + length)).toString('hex');
      if (length > 0) expect(reply.slice(0, 8)).toBe('000a0018');
      return { verdict, reply: reply.slice(8) };
    },
  };
}

const secret = 'e5e973e5a6b2a43f48e7dc849e37bfcf';
const client = clientAt('198.51.100.100');
const clientCookie = '2464c4abcf10c957';
const learned = '2464c4abcf10c957010000005cf79f111f8130c3eee29480';
const learnedAt = 1_559_731_985;

describe('server cookies, by the examples of RFC 9018 appendix A', () => {
  it('A.1: a client learns its cookie', () => {
    expect(server([secret], learnedAt).ask(clientCookie, client)).toEqual({
      verdict: cookie.clientOnly,
      reply: learned,
    });
  });

  it('A.2: after 40 minutes it is renewed', () => {
    expect(server([secret], 1_559_734_385).ask(learned, client)).toEqual({
      verdict: cookie.good,
      reply: '2464c4abcf10c957010000005cf7a871d4a564a1442aca77',
    });
  });

  it('A.3: reserved bits are part of the hash, and are not set in the new one', () => {
    const other = clientAt('203.0.113.203');
    const reserved = 'fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5';
    const late = server([secret], 1_559_734_700);
    expect(late.ask(reserved, other)).toEqual({
      verdict: cookie.clientOnly, // the example is nearly two hours old, and §4.3 ends a cookie after one
      reply: 'fc93fc62807ddb86010000005cf7a9acf73a7810aca2381e',
    });
    late.at(1_559_727_985 + 60);
    expect(late.ask(reserved, other)).toMatchObject({ verdict: cookie.good });
    expect(late.ask(reserved, other).reply.slice(16, 24)).toBe('01000000');
  });

  it('A.4: an IPv6 client with a cookie of the secret before', () => {
    const client6 = clientAt('2001:db8:220:1:59de:d0f4:8769:82b8');
    const rolled = server(['445536bcd2513298075a5d379663c962', 'dd3bdf9344b678b185a6f5cb60fca715'], 1_559_741_961);
    expect(rolled.ask('22681ab97d52c298010000005cf7c57926556bd0934c72f8', client6)).toEqual({
      verdict: cookie.good,
      reply: '22681ab97d52c298010000005cf7c609a6bb79d16625507a',
    });
  });
});

describe('server cookies', () => {
  it('go back as they came for half an hour, are renewed for another half, and then mean nothing', () => {
    const it = server([secret], learnedAt);
    for (const [age, verdict, same] of [
      [0, cookie.good, true],
      [1_800, cookie.good, true],
      [1_801, cookie.good, false],
      [3_600, cookie.good, false],
      [3_601, cookie.clientOnly, false],
      [-300, cookie.good, true],
      [-301, cookie.clientOnly, false],
    ] as const) {
      it.at(learnedAt + age);
      const { verdict: said, reply } = it.ask(learned, client);
      expect([age, said, reply === learned]).toEqual([age, verdict, same]);
    }
  });

  it.each([2 ** 31, 2 ** 32])('pass the end of their clock at %d seconds without anybody noticing', (end) => {
    const it = server([secret], end - 100);
    const { reply } = it.ask(clientCookie, client);
    it.at(end + 100);
    expect(it.ask(reply, client)).toEqual({ verdict: cookie.good, reply });
    it.at(end - 300);
    expect(it.ask(reply, client)).toEqual({ verdict: cookie.good, reply });
    it.at(end + 3_501);
    expect(it.ask(reply, client).verdict).toBe(cookie.clientOnly);
  });

  it('are malformed at every length but 8 and 16 to 40', () => {
    const { cookies } = server([secret], learnedAt);
    const query = new Uint8Array(300);
    for (let length = 0; length <= 256; length++)
      expect([length, cookies.check(query, 4, length, client)]).toEqual([
        length,
        length === 8 || (length >= 16 && length <= 40) ? cookie.clientOnly : cookie.malformed,
      ]);
  });

  it('count for nothing when one bit of them is another, or the client', () => {
    const it = server([secret], learnedAt);
    for (let bit = 0; bit < 24 * 8; bit++) {
      const changed = Buffer.from(learned, 'hex');
      changed[bit >> 3]! ^= 1 << (bit & 7);
      expect([bit, it.ask(changed.toString('hex'), client).verdict]).toEqual([bit, cookie.clientOnly]);
    }
    expect(it.ask(learned, clientAt('198.51.100.101')).verdict).toBe(cookie.clientOnly);
    expect(it.ask(learned, client).verdict).toBe(cookie.good);
  });

  it('can change their secrets while they are in use', () => {
    const it = server([secret], learnedAt);
    it.cookies.use([hex('00'.repeat(16)), hex(secret)]);
    const renewed = it.ask(learned, client);
    expect(renewed.verdict).toBe(cookie.good);
    expect(renewed.reply).not.toBe(learned);
    it.cookies.use([hex('00'.repeat(16))]);
    expect(it.ask(learned, client).verdict).toBe(cookie.clientOnly);
    expect(it.ask(renewed.reply, client).verdict).toBe(cookie.good);
  });
});

describe('secrets of cookies', () => {
  const root = new Uint8Array(32).fill(7);
  const anyTime = fc.integer({ min: 0, max: 2 ** 40 });

  it('are the same for replicas that share a root, and others for another root', () => {
    expect(cookieSecretsAt(root, learnedAt)).toEqual(cookieSecretsAt(root.slice(), learnedAt));
    const others = cookieSecretsAt(new Uint8Array(32).fill(8), learnedAt);
    for (const mine of cookieSecretsAt(root, learnedAt)) {
      expect(mine.length).toBe(16);
      expect(others).not.toContainEqual(mine);
    }
  });

  it('let a cookie live for its hour across a change, also between replicas whose clocks differ by five minutes', () => {
    fc.assert(
      fc.property(anyTime, fc.integer({ min: -300, max: 3_600 }), (made, age) => {
        const maker = cookieSecretsAt(root, made);
        const reader = cookieSecretsAt(root, Math.max(0, made + age));
        expect(reader).toContainEqual(maker[0]);
      }),
    );
  });

  it('change once in a period, when it is said', () => {
    fc.assert(
      fc.property(anyTime, (seconds) => {
        const next = nextCookieSecrets(seconds);
        expect(next - seconds).toBeGreaterThan(0);
        expect(next - seconds).toBeLessThanOrEqual(cookieSecretPeriod);
        expect(cookieSecretsAt(root, next - 1)).toEqual(cookieSecretsAt(root, seconds));
        expect(cookieSecretsAt(root, next)[1]).toEqual(cookieSecretsAt(root, seconds)[0]);
      }),
    );
  });
});
