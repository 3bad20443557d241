import { CallbookError, type StreamDefinition } from '@callbook/contracts';
import { startServers, type Servers } from '@callbook/local';
import {
  consumeBatches,
  createLog,
  ensureStream,
  jetStreamOf,
  managerOf,
  publish,
  type Consuming,
} from '@callbook/process';
import type { JsMsg } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { mkdtempSync, rmSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

const log = createLog('test', 'silent');
const dir = mkdtempSync('/tmp/callbook-batches-');
let servers: Servers<'nats'>;
let nats: NatsConnection;
let stream: StreamDefinition;
let consuming: Consuming | undefined;
let run = 0;

beforeAll(async () => {
  servers = await startServers({ dir, only: ['nats'], ports: 'free' });
  nats = await connect({
    servers: servers.nats.url,
    user: 'all',
    pass: servers.nats.password('all'),
    maxReconnectAttempts: -1,
    reconnectTimeWait: 100,
  });
});
beforeEach(async () => {
  run += 1;
  stream = { name: `TEST_${run}`, subjects: [`test.${run}`], owner: 'records', readers: [], duplicateWindow: 60 };
  await ensureStream(nats, stream);
});
afterEach(() => consuming?.stop());
afterAll(async () => {
  await nats.close();
  await servers.stop();
  rmSync(dir, { recursive: true });
});

const send = (text: string) => publish(jetStreamOf(nats), stream.subjects[0]!, text, { id: text });
const take = (handle: (texts: string[], messages: readonly JsMsg[]) => Promise<void>, maximum = 100) => {
  consuming = consumeBatches(
    { nats, log },
    {
      stream,
      durable: 'taker',
      subject: stream.subjects[0]!,
      maximum,
      handle: (messages) =>
        handle(
          messages.map((message) => message.string()),
          messages,
        ),
    },
  );
};
const pending = async () => {
  const { num_pending, num_ack_pending } = await (await managerOf(nats)).consumers.info(stream.name, 'taker');
  return num_pending + num_ack_pending;
};

describe('a stream of batches', () => {
  it('gives every message once, in order, and what came meanwhile as one batch', async () => {
    const batches: string[][] = [];
    take(async (texts) => {
      batches.push(texts);
      await new Promise((resolve) => setTimeout(resolve, 100));
    });
    await expect.poll(() => consuming!.running()).toBe(true);
    await send('first');
    for (let n = 0; n < 50; n += 1) await send(`m${n}`);
    await expect.poll(() => batches.flat().length).toBe(51);
    expect(batches.flat()).toEqual(['first', ...Array.from({ length: 50 }, (_, n) => `m${n}`)]);
    expect(batches.length).toBeLessThan(15);
  });

  it('drops a message that was sent twice', async () => {
    const seen: string[] = [];
    take(async (texts) => void seen.push(...texts));
    expect((await send('once')).duplicate).toBe(false);
    expect((await send('once')).duplicate).toBe(true);
    await expect.poll(pending).toBe(0);
    expect(seen).toEqual(['once']);
  });

  it('gives a batch again when its handler may succeed later', async () => {
    let failures = 2;
    const seen: string[] = [];
    take(async (texts) => {
      if (failures-- > 0) throw new CallbookError('UNAVAILABLE', 'not now', { retry: 'later' });
      seen.push(...texts);
    });
    await send('patient');
    await expect.poll(() => seen, { timeout: 5_000 }).toEqual(['patient']);
    await expect.poll(pending).toBe(0);
  });

  it('drops the message that is poison, and no other', async () => {
    const seen: string[] = [];
    for (const text of ['a', 'poison', 'b']) await send(text);
    take(async (texts) => {
      if (texts.includes('poison')) throw new CallbookError('REQUEST_MALFORMED', 'never');
      seen.push(...texts);
    });
    await expect.poll(() => [...seen].sort()).toEqual(['a', 'b']);
    await expect.poll(pending).toBe(0);
  });

  it('goes on after the server was killed, without a loss', async () => {
    const seen = new Set<string>();
    take(async (texts) => texts.forEach((text) => seen.add(text)));
    await send('before');
    await expect.poll(() => seen.size).toBe(1);
    await servers.nats.kill('SIGKILL');
    await servers.nats.start();
    await expect
      .poll(
        () =>
          send('after').then(
            () => true,
            () => false,
          ),
        { timeout: 10_000 },
      )
      .toBe(true);
    await expect.poll(() => [...seen], { timeout: 15_000 }).toEqual(['before', 'after']);
  });

  it('goes on when the stream was lost and made anew', async () => {
    const seen: string[] = [];
    take(async (texts) => void seen.push(...texts));
    await send('old');
    await expect.poll(() => seen).toEqual(['old']);
    await (await managerOf(nats)).streams.delete(stream.name);
    await ensureStream(nats, stream);
    await send('new');
    await expect.poll(() => seen, { timeout: 15_000 }).toEqual(['old', 'new']);
  });

  it('ends at once when it has hardly begun', async () => {
    for (let n = 0; n < 20; n += 1) {
      take(async () => {});
      await new Promise((resolve) => setTimeout(resolve, n * 2));
      await consuming!.stop();
    }
    consuming = undefined;
  });

  it('ends with its batch done and acknowledged', async () => {
    let [began, done] = [false, false];
    take(async () => {
      began = true;
      await new Promise((resolve) => setTimeout(resolve, 300));
      done = true;
    });
    await send('last');
    await expect.poll(() => began).toBe(true);
    await consuming!.stop();
    consuming = undefined;
    expect(done).toBe(true);
    await expect.poll(pending).toBe(0);
  });
});
