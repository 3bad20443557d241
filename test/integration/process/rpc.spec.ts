import { CallbookError, type ServiceName } from '@callbook/contracts';
import { startServers, type Servers } from '@callbook/local';
import { clientOf, createLog, createMetrics, NatsRpcServer } from '@callbook/process';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { mkdtempSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';

const name: ServiceName = 'records';
const contract = {
  name,
  methods: {
    double: { request: z.object({ n: z.int() }), reply: z.object({ n: z.int() }), callers: [], timeout: 1_000 },
    refuse: {
      request: z.object({ code: z.enum(['NOT_THE_HOLDER', 'RATE_LIMITED']) }),
      reply: z.object({}),
      callers: [],
    },
    fail: { request: z.object({}), reply: z.object({}), callers: [] },
    wait: { request: z.object({}), reply: z.object({}), callers: [], timeout: 10_000 },
  },
} as const;

const dir = mkdtempSync('/tmp/callbook-rpc-');
let servers: Servers<'nats'>;
let nats: NatsConnection;
let written: string[] = [];
let release: (() => void)[] = [];

const serve = (metrics = createMetrics('records')) => {
  const log = createLog('records', 'info', { write: (line: string) => void written.push(line) });
  const server = new NatsRpcServer(
    contract,
    {
      double: async ({ n }) => ({ n: n * 2 }),
      refuse: async ({ code }) => {
        throw new CallbookError(code, 'no', { retry: 'later', retryAfter: 7 });
      },
      fail: async () => {
        throw new Error('the password is hunter2');
      },
      wait: () => new Promise((resolve) => release.push(() => resolve({}))),
    },
    { nats, log, metrics },
  );
  server.listen(() => {});
  return server;
};

beforeAll(async () => {
  servers = await startServers({ dir, only: ['nats'], ports: 'free' });
  nats = await connect({ servers: servers.nats.url, user: 'all', pass: servers.nats.password('all') });
});
beforeEach(() => {
  written = [];
  release = [];
});
afterAll(async () => {
  await nats.close();
  await servers.stop();
  rmSync(dir, { recursive: true });
});

describe('a remote call', () => {
  it('is answered', async () => {
    const server = serve();
    expect(await clientOf(contract, nats).double({ n: 21 })).toEqual({ n: 42 });
    await server.close();
  });

  it('is shared among replicas: each is answered once', async () => {
    const replicas = [serve(), serve(), serve()];
    const answers = await Promise.all(Array.from({ length: 100 }, (_, n) => clientOf(contract, nats).double({ n })));
    expect(answers.map(({ n }) => n)).toEqual(Array.from({ length: 100 }, (_, n) => n * 2));
    for (const replica of replicas) await replica.close();
  });

  it('that its schema refuses never reaches the handler', async () => {
    const server = serve();
    const call = clientOf(contract, nats).double as (request: unknown) => Promise<unknown>;
    for (const request of [{}, { n: 'x' }, { n: 1.5 }, null, []])
      await expect(call(request)).rejects.toMatchObject({ code: 'REQUEST_MALFORMED' });
    await server.close();
  });

  it('that is not JSON, or to no method, is refused, and the next one is answered', async () => {
    const server = serve();
    expect((await nats.request('rpc.records.double', 'not json')).json()).toMatchObject({
      error: { code: expect.any(String) },
    });
    expect((await nats.request('rpc.records.nothing', '{}')).json()).toMatchObject({ error: { code: 'NOT_FOUND' } });
    expect(await clientOf(contract, nats).double({ n: 1 })).toEqual({ n: 2 });
    await server.close();
  });

  it('that is refused says why, and when to come back', async () => {
    const server = serve();
    await expect(clientOf(contract, nats).refuse({ code: 'NOT_THE_HOLDER' })).rejects.toMatchObject({
      code: 'NOT_THE_HOLDER',
      retry: 'later',
      options: { retryAfter: 7 },
    });
    await server.close();
  });

  it('that meets a fault says only that there was one, to the caller and to the log', async () => {
    const server = serve();
    await expect(clientOf(contract, nats).fail({})).rejects.toMatchObject({ code: 'INTERNAL' });
    expect(written.join()).toContain('rpc.failed');
    expect(written.join()).not.toContain('hunter2');
    await server.close();
  });

  it('to a service that is not there fails at once; to one that does not answer, in time', async () => {
    const start = performance.now();
    await expect(clientOf(contract, nats).double({ n: 1 })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      retry: 'later',
    });
    expect(performance.now() - start, 'not after the five seconds of a request').toBeLessThan(3_000);
    const silent = nats.subscribe('rpc.records.double', { callback: () => {} });
    await expect(clientOf(contract, nats).double({ n: 1 })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: /in time/,
    });
    silent.unsubscribe();
  });

  it('beyond the most at once is told to come back, and those under way are finished before the service ends', async () => {
    const server = serve();
    const client = clientOf(contract, nats);
    const calls = Array.from({ length: 600 }, () =>
      client.wait({}).then(
        () => 'done',
        (error: CallbookError) => error.code,
      ),
    );
    await expect.poll(() => release.length).toBe(512);
    expect(await Promise.all(calls.slice(512))).toEqual(Array(88).fill('UNAVAILABLE'));
    const closing = server.close();
    for (const each of release) each();
    await closing;
    expect(await Promise.all(calls.slice(0, 512))).toEqual(Array(512).fill('done'));
  });
});
