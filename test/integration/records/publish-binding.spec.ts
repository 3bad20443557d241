import { bindingPublishedSubject } from '@callbook/contracts';
import type { NatsConnection } from '@nats-io/transport-node';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sampleDirectory, sampleNumber } from '../../../apps/records/src/attestations/sample-identity.js';
import { bindingStore } from '../../../apps/records/src/bindings/binding-store.js';
import type { Bindings } from '../../../apps/records/src/bindings/bindings.js';
import { publishBinding, type PublishDeps } from '../../../apps/records/src/bindings/publish-binding.js';
import {
  hashOf,
  sampleHolder,
  sampleStatement,
  type SampleHolder,
} from '../../../apps/records/src/bindings/sample-holder.js';
import type { Database } from '../../../apps/records/src/database-store.js';
import { bindingEvents } from '../../../apps/records/src/outbox/event-log.js';
import { outboxStore } from '../../../apps/records/src/outbox/outbox-store.js';
import { startRelay, type Relay } from '../../../apps/records/src/outbox/relay.js';
import { emptyTables, startRecordsServers } from './servers.js';
import { connectAs, connectAsAll, eventsIn, quiet } from './stream.js';

let servers: Awaited<ReturnType<typeof startRecordsServers>>;
let database: Database;
let relayDatabase: Database;
let nats: NatsConnection;
let observer: NatsConnection;
let relay: Relay;
let bindings: Bindings;
let ann: SampleHolder;
let seen = 0;

beforeAll(async () => {
  servers = await startRecordsServers();
  database = servers.openDatabase();
  relayDatabase = servers.openDatabase('lazy');
  bindings = bindingStore(database);
  [nats, observer, ann] = await Promise.all([connectAs(servers, 'records'), connectAsAll(servers), sampleHolder()]);
  const events = bindingEvents(nats);
  await events.ensure();
  relay = startRelay({ outbox: outboxStore(relayDatabase), events, clock: Date.now, ...quiet() });
});
beforeEach(async () => {
  await emptyTables(database);
  seen = (await eventsIn(observer)).length;
});
afterAll(async () => {
  await relay?.stop();
  await Promise.all([nats?.close(), observer?.close(), database?.$disconnect(), relayDatabase?.$disconnect()]);
  await servers?.stop();
});

const deps = (changed: Partial<Bindings> = {}): PublishDeps => ({
  directory: sampleDirectory,
  clock: Date.now,
  bindings: { ...bindings, ...changed },
  checkAttestation: async () => ({ method: 'sms', provedAt: 1_764_057_000 }),
  countersign: async ({ statement }) => `a.${statement}.b`,
  newEventId: randomUUID,
  nudge: () => relay.nudge(),
});

const issuedAt = new Date().toISOString();
const first = sampleStatement({ issuedAt, attestation: 'YQ.YQ.YQ' });
const second = sampleStatement({ issuedAt, sequence: 2, previous: hashOf(first) });

/** The stream tells of each statement once, and nothing is left to tell. */
async function expectEvents(...statements: object[]): Promise<void> {
  const own = async () => (await eventsIn(observer)).slice(seen).map(({ content }) => content.hash);
  await expect.poll(own, { timeout: 3_000, interval: 20 }).toEqual(statements.map(hashOf));
  await expect.poll(() => database.outbox.count({ where: { publishedAt: null } })).toBe(0);
}

describe.each([
  ['a first statement', first, []],
  ['a later statement', second, [first]],
] as const)('when the commit of %s reports an error', (_, statement, before) => {
  it.each(['and had no effect', 'after taking effect'] as const)(
    '%s, the repeated request makes it whole',
    async (how) => {
      for (const earlier of before) await publishBinding(deps(), await ann.request(earlier));
      const request = await ann.request(statement);
      const failing = deps({
        take: async (next) => {
          if (how === 'after taking effect') await bindings.take(next);
          throw new Error('so it says');
        },
      });
      await expect(publishBinding(failing, request)).rejects.toThrow('so it says');
      expect(await bindings.current(sampleNumber).then((current) => current?.hash === hashOf(statement))).toBe(
        how === 'after taking effect',
      );
      const binding = await publishBinding(deps(), request);
      expect(binding).toMatchObject({ hash: hashOf(statement), proof: request.proof });
      expect((await bindings.current(sampleNumber))?.statement.proof).toEqual(request.proof);
      await expectEvents(...before, statement);
    },
  );
});

describe('of many at once', () => {
  it('exactly one statement is taken for each sequence, and every other is told of the conflict', async () => {
    await publishBinding(deps(), await ann.request(first));
    const chain: object[] = [first];
    for (let sequence = 2; sequence <= 5; sequence += 1) {
      const rivals = Array.from({ length: 12 }, (_, n) =>
        sampleStatement({ issuedAt, sequence, previous: hashOf(chain.at(-1)!), ttl: 60 + n }),
      );
      const results = await Promise.allSettled(
        rivals.map(async (rival) => publishBinding(deps(), await ann.request(rival))),
      );
      const taken = rivals.filter((__, n) => results[n]!.status === 'fulfilled');
      expect(taken).toHaveLength(1);
      for (const result of results)
        if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'SEQUENCE_CONFLICT' });
      chain.push(taken[0]!);
    }
    await expectEvents(...chain);
  });

  it('the holders of two keys cannot both have an identifier', async () => {
    const holders = await Promise.all(Array.from({ length: 8 }, () => sampleHolder()));
    const results = await Promise.allSettled(
      holders.map(async (holder) => publishBinding(deps(), await holder.request(first))),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const result of results)
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'NOT_THE_HOLDER' });
    await expectEvents(first);
  });
});

it('the stream has the event a few milliseconds after the statement was taken', async () => {
  const subscription = observer.subscribe(bindingPublishedSubject);
  const told = subscription[Symbol.asyncIterator]();
  await observer.flush();
  const delays: number[] = [];
  for (let n = 0; n < 30; n += 1) {
    const identifier = `tel:+447700900${String(n).padStart(3, '0')}`;
    const request = await ann.request({ ...first, identifier }, { identifier });
    await publishBinding(deps(), request);
    const answered = performance.now();
    await told.next();
    delays.push(performance.now() - answered);
  }
  subscription.unsubscribe();
  // Far from the second that the poll would need, and generous to a busy machine.
  expect(delays.sort((a, b) => a - b)[15]).toBeLessThan(400);
});
