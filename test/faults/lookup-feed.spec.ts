import { encodeJournalEntry, natsPermissions } from '@callbook/contracts';
import { Name, RRType } from '@callbook/dns';
import { freePort, Service, startServers, type Servers } from '@callbook/local';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it, onTestFailed } from 'vitest';
import { watchEditions, type EditionWatch } from './edition-watch.js';
import { keepLogs } from './keep-logs.js';
import { apex, PlayedSigner } from './played-signer.js';
import { chanceOf, seedOfRun } from './seed.js';
import { Supervised } from './supervisor.js';

const seed = seedOfRun();
const chance = chanceOf(seed);
/** A million takes minutes; what can go wrong goes wrong with fewer, too. */
const numbers = Number(
  process.env['CALLBOOK_FAULT_NUMBERS'] ?? (process.env['CALLBOOK_CONFORMANCE'] === 'whole' ? 1_000_000 : 50_000),
);
/** Milliseconds for a replica to start, or to get to the newest edition. */
const patience = 60_000 + numbers / 10;
const denialKeyEncryptionKey = new Uint8Array(32).fill(7);

let dir: string;
let servers: Servers<'nats'>;
let nats: NatsConnection;
let signer: PlayedSigner;
let replica: Supervised;
let watch: EditionWatch;

beforeAll(
  async () => {
    console.log(`CALLBOOK_SEED=${seed}, ${numbers} numbers`);
    dir = mkdtempSync(path.join(tmpdir(), 'callbook-feed-'));
    servers = await startServers({ dir, only: ['nats'], ports: 'free', natsPermissions: natsPermissions() });
    nats = await connect({
      servers: servers.nats.url,
      user: 'signer',
      pass: servers.nats.password('signer'),
      inboxPrefix: '_INBOX_signer',
      maxReconnectAttempts: -1,
      reconnectTimeWait: 100,
    });
    signer = await PlayedSigner.begin(nats, { numbers, chance, denialKeyEncryptionKey });
    const [port, healthPort] = [await freePort(), await freePort()];
    const service = new Service({
      name: 'lookup',
      entry: 'apps/lookup/dist/main.js',
      dir,
      settings: {
        CALLBOOK_NATS_URL: servers.nats.url,
        CALLBOOK_NATS_USER: 'lookup',
        CALLBOOK_NATS_PASSWORD: servers.nats.password('lookup'),
        CALLBOOK_HEALTH_PORT: String(healthPort),
        CALLBOOK_ZONE: apex.toString(),
        CALLBOOK_DENIAL_KEY_ENCRYPTION_KEY: Buffer.from(denialKeyEncryptionKey).toString('base64url'),
        CALLBOOK_DNS_PORT: String(port),
        CALLBOOK_WORKERS: '4',
        CALLBOOK_RATE_LIMIT: '0',
      },
      ports: [{ port, purpose: 'DNS' }],
      healthPort,
      heap: 1_024,
      readyWithinMs: patience,
    });
    const began = performance.now();
    await service.start();
    console.log(`ready after ${Math.round(performance.now() - began)} ms`);
    replica = new Supervised(service);
    const ready = () => replica.upThroughout(performance.now());
    watch = watchEditions({ port, numbers, chance: chanceOf(seed + 1), ready });
  },
  300_000 + 2 * patience,
);

afterEach(() => {
  onTestFailed(() => console.log(`logs: ${keepLogs(dir, `lookup-feed-${seed}`)}`));
  expect(watch.faults, 'what clients of DNS saw').toEqual([]);
});

afterAll(async () => {
  watch?.stop();
  await replica?.release();
  await replica?.program.kill('SIGKILL');
  await nats?.close();
  await servers?.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** One edition after another, for so long. */
async function publishing(milliseconds: number): Promise<void> {
  const until = performance.now() + milliseconds;
  while (performance.now() < until) {
    await signer.publish();
    await pause(10);
  }
}

/** Every client has an answer of the newest edition. */
async function untilNewestIsServed(): Promise<void> {
  const until = performance.now() + patience;
  watch.forget();
  while (watch.seenByAll < signer.newest) {
    if (performance.now() > until) throw new Error(`edition ${signer.newest} is not served: ${watch.seenByAll} is`);
    await pause(20);
  }
}

it('serves editions one after the other, whole, under load', async () => {
  await publishing(5_000);
  await untilNewestIsServed();
  expect(watch.answers).toBeGreaterThan(100);
});

it('goes on where it was when it is killed under load and started again, with no answer from before', async () => {
  for (let times = 0; times < 3; times += 1) {
    const published = publishing(3_000);
    await pause(chance.between(0, 1_000));
    await replica.kill(chance.between(0, 500));
    await published;
    await replica.untilUp(patience);
    await untilNewestIsServed();
  }
}, 300_000);

it('goes on where it was when it is killed while a snapshot is made', async () => {
  const made = signer.snapshot();
  await replica.kill(0);
  await made;
  await publishing(1_000);
  await replica.untilUp(patience);
  await untilNewestIsServed();
}, 300_000);

it('catches up after it hung', async () => {
  const published = publishing(4_000);
  await replica.freeze(3_000);
  await published;
  await untilNewestIsServed();
}, 300_000);

it('answers all the same while NATS is gone, is ready, and goes on when it is back', async () => {
  await untilNewestIsServed();
  await servers.nats.kill();
  const answers = watch.answers;
  await pause(8_000);
  expect(watch.answers).toBeGreaterThan(answers + 100);
  await untilNewestIsServed();
  const { healthPort } = replica.program as Service;
  expect((await fetch(`http://127.0.0.1:${healthPort}/readyz`)).status).toBe(200);
  await servers.nats.start();
  await untilConnected();
  await publishing(1_000);
  await untilNewestIsServed();
}, 300_000);

const entry = () => encodeJournalEntry(signer.next());
const outside = Name.parse('example.net.');

it.each<[string, () => Promise<unknown>]>([
  [
    'comes twice',
    async () => {
      const octets = entry();
      await signer.append(octets);
      await signer.append(octets);
    },
  ],
  [
    'comes again after others',
    async () => {
      const octets = entry();
      await signer.append(octets);
      await publishing(300);
      await signer.append(octets);
    },
  ],
])(
  'an entry that %s changes nothing the second time',
  async (_, harm) => {
    await harm();
    await publishing(500);
    await untilNewestIsServed();
  },
  300_000,
);

it.each<[string, () => Promise<unknown>]>([
  ['is missing', async () => signer.next()],
  ['is of random octets', () => signer.append(Buffer.from(Array.from({ length: 200 }, () => chance.between(0, 256))))],
  ['is cut off', async () => signer.append(entry().subarray(0, -chance.between(1, 60)))],
  ['is empty', () => signer.append(new Uint8Array())],
  [
    'removes what is not there',
    async () => {
      const next = signer.next();
      await signer.publish({ ...next, removed: [...next.removed, { ...next.from, name: outside, type: RRType.TXT }] });
    },
  ],
  [
    'adds to another zone',
    async () => {
      const next = signer.next();
      await signer.publish({ ...next, added: [...next.added, { ...next.added.at(-1)!, name: outside }] });
    },
  ],
])(
  'when an entry %s, what is served stays whole, and a snapshot leads on',
  async (_, harm) => {
    const before = signer.newest;
    await harm();
    await publishing(1_000);
    expect(watch.seenByAll, 'nothing after it is served').toBeLessThanOrEqual(before);
    await signer.snapshot();
    await publishing(500);
    await untilNewestIsServed();
  },
  300_000,
);

async function untilConnected(): Promise<void> {
  const until = performance.now() + patience;
  for (;;) {
    try {
      return await nats.flush();
    } catch (error) {
      if (performance.now() > until) throw error;
      await pause(100);
    }
  }
}
