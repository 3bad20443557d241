import { RRType, type Name } from '@callbook/dns';
import { validate, type Exchange } from '@callbook/dnssec';
import { nodeOf, parseE164 } from '@callbook/enum';
import { keyOwner } from '@callbook/keys';
import { dnsExchange } from '@callbook/sdk';
import { statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reservedNumber, sip, startWorld, type Person, type World } from '../harness/world.js';
import { suffix, tcpExchange, type Address } from './dns-packets.js';

const number = reservedNumber(300);
const replicas = [0, 1];

let world: World;
let alice: Person;
beforeAll(async () => {
  world = await startWorld({ lookups: 2 });
  alice = await world.person();
  await alice.register(number, sip('sip:alice@example.net'));
});
afterAll(() => world?.stop());

const at = (e164: string) => nodeOf(parseE164(e164), suffix);

interface Asked {
  readonly name: Name;
  readonly type: number;
  readonly kind: 'answer' | 'nodata' | 'nxdomain';
}

/** Questions of every kind in turn; those about what is not there are about something else each time. */
function* questions(count: number, seed: number): Generator<Asked> {
  for (let n = 0; n < count; n += 1) {
    const node = at(number);
    const missing = at(reservedNumber(400 + ((seed + n) % 500)));
    yield [
      { name: node, type: RRType.NAPTR, kind: 'answer' } as const,
      { name: keyOwner(node), type: RRType.SMIMEA, kind: 'answer' } as const,
      { name: node, type: 1 + (n % 15), kind: 'nodata' } as const,
      // A name of digits that only leads to others: an empty non-terminal.
      { name: node.parent(), type: RRType.NAPTR, kind: 'nodata' } as const,
      { name: missing, type: RRType.NAPTR, kind: 'nxdomain' } as const,
      { name: keyOwner(missing), type: RRType.SMIMEA, kind: 'nxdomain' } as const,
    ][n % 6]!;
  }
}

const transports: Readonly<Record<string, (server: Address) => Exchange>> = { udp: dnsExchange, tcp: tcpExchange };
const each = 60;

/** Asks every replica over every transport; every answer must validate. The milliseconds of each question, in order. */
async function askAll(seed: number): Promise<number[]> {
  const times: number[] = [];
  for (const [index, server] of world.callbook.addresses.dns.entries()) {
    for (const [transport, exchangeWith] of Object.entries(transports)) {
      for (const { name, type, kind } of questions(each, seed + 97 * index)) {
        const began = performance.now();
        const verdict = await validate(
          { name, type, class: 1 },
          { exchange: exchangeWith(server), anchors: world.anchors, now: Math.floor(Date.now() / 1_000) },
        );
        times.push(performance.now() - began);
        expect(verdict, `${kind} over ${transport}`).toMatchObject({ status: 'secure', kind });
      }
    }
  }
  return times.sort((a, b) => a - b);
}
const quantile = (sorted: readonly number[], part: number) => sorted[Math.floor(sorted.length * part)]!;

const statusOf = (port: number, path: string) => fetch(`http://127.0.0.1:${port}${path}`).then(({ status }) => status);
async function expectReady(): Promise<void> {
  for (const { healthPort } of world.callbook.services.lookups) {
    expect(await statusOf(healthPort!, '/readyz')).toBe(200);
    expect(await statusOf(healthPort!, '/healthz')).toBe(200);
  }
}
const logOctets = () =>
  world.callbook.services.lookups.reduce((octets, { logFile }) => octets + statSync(logFile).size, 0);

describe('when PostgreSQL, Redis, NATS and every other service are dead', () => {
  let before: number[];
  let logBefore: number;

  beforeAll(async () => {
    before = await askAll(0);
    logBefore = logOctets();
    const { services, servers } = world.callbook;
    const { lookups: _, ...others } = services;
    await Promise.all(
      [...Object.values(others), servers.postgres, servers.redis, servers.nats].map((each) => each.kill()),
    );
  }, 180_000);

  it('nothing but the look-ups is left', async () => {
    const { services, servers, addresses } = world.callbook;
    for (const { running } of [servers.postgres, servers.redis, servers.nats, services.signer, services.records])
      expect(running).toBe(false);
    await expect(world.fetch(`${addresses.api}/directory`)).rejects.toThrow();
    for (const lookup of services.lookups) expect(lookup.running).toBe(true);
  });

  it.each(['at once', 'after a while'])(
    'they go on answering, %s: all validates, and takes no longer',
    async (when) => {
      // Longer than anything waits for NATS: pings, requests, consumers.
      if (when === 'after a while') await sleep(12_000);
      await expectReady();
      const times = await askAll(when === 'at once' ? 1_000 : 2_000);
      expect(times).toHaveLength(each * replicas.length * Object.keys(transports).length);
      for (const part of [0.5, 0.9]) expect(quantile(times, part)).toBeLessThan(quantile(before, part) * 5 + 100);
      await expectReady();
    },
    180_000,
  );

  it('they do not fill the disk with complaints', () => {
    expect(logOctets() - logBefore).toBeLessThan(100_000);
  });

  it('and when all is started again, a new registration is found on each, and the old one still', async () => {
    const { services, servers } = world.callbook;
    const { lookups: _, sandbox, ...others } = services;
    await Promise.all([servers.postgres, servers.redis, servers.nats].map((each) => each.start()));
    await Promise.all(Object.values(others).map((each) => each.start()));
    await sandbox.start();

    const bob = await world.person('p256');
    const published = await bob.register(reservedNumber(301), sip('sip:bob@example.net'), 10);
    expect(published.servedSince).toBeGreaterThan(0);
    for (const replica of replicas) {
      expect(await world.lookup(reservedNumber(301), replica)).toMatchObject({
        status: 'secure',
        routes: [{ uri: 'sip:bob@example.net' }],
      });
      expect(await world.lookup(number, replica)).toMatchObject({ status: 'secure' });
    }
    await expectReady();
    const again = await alice.registration.publish(`tel:${number}`, sip('sip:alice@example.org'), { wait: 10 });
    expect(again).toMatchObject({ sequence: 2, servedSince: expect.any(Number) as number });
  }, 180_000);
});
