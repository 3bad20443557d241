import { bindingsStream } from '@callbook/contracts';
import { managerOf } from '@callbook/process';
import type { NatsConnection } from '@nats-io/transport-node';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../../apps/records/src/database-store.js';
import { bindingEvents, type EventLog } from '../../../apps/records/src/outbox/event-log.js';
import { outboxStore, type Outbox } from '../../../apps/records/src/outbox/outbox-store.js';
import { relayBatch, startRelay, type Relay } from '../../../apps/records/src/outbox/relay.js';
import { emptyTables, startRecordsServers } from './servers.js';
import { connectAs, connectAsAll, eventsIn, quiet } from './stream.js';

let servers: Awaited<ReturnType<typeof startRecordsServers>>;
let database: Database;
let relayDatabase: Database;
let nats: NatsConnection;
let observer: NatsConnection;
let outbox: Outbox;
let events: EventLog;
const clock = () => Date.now();
const relays: Relay[] = [];

beforeAll(async () => {
  servers = await startRecordsServers();
  database = servers.openDatabase();
  relayDatabase = servers.openDatabase('lazy');
  [nats, observer] = await Promise.all([connectAs(servers, 'records'), connectAsAll(servers)]);
  outbox = outboxStore(relayDatabase);
  events = bindingEvents(nats);
});
beforeEach(async () => {
  await emptyTables(database);
  const { streams } = await managerOf(observer);
  await streams.delete(bindingsStream.name).catch(() => {});
  await events.ensure();
});
afterEach(async () => {
  await Promise.all(relays.splice(0).map((relay) => relay.stop()));
});
afterAll(async () => {
  await Promise.all([nats?.close(), observer?.close(), database?.$disconnect(), relayDatabase?.$disconnect()]);
  await servers?.stop();
});

const relay = (changed: { outbox?: Outbox; events?: EventLog } = {}) => {
  const started = startRelay({ outbox, events, clock, ...quiet(), ...changed });
  relays.push(started);
  return started;
};

/** As the transaction of a statement does. */
async function queue(sequence: number, count = 1): Promise<string[]> {
  const data = Array.from({ length: count }, (_, n) => ({
    id: randomUUID(),
    payload: JSON.stringify({ identifier: 'tel:+447700900123', sequence: sequence + n }),
    createdAt: new Date(),
  }));
  await database.outbox.createMany({ data });
  return data.map(({ id }) => id);
}

const unpublished = () => database.outbox.count({ where: { publishedAt: null } });
const sequences = async () => (await eventsIn(observer)).map(({ content }) => content.sequence);
const upTo = (count: number) => Array.from({ length: count }, (_, n) => n + 1);
/** Everything was published, in order, once. */
async function expectAll(count: number): Promise<void> {
  await expect.poll(unpublished, { timeout: 10_000, interval: 20 }).toBe(0);
  expect(await sequences()).toEqual(upTo(count));
}

describe('the relay', () => {
  it('publishes an event at once when nudged, under the id that it has in the outbox', async () => {
    const running = relay();
    await new Promise((resolve) => setTimeout(resolve, 100)); // it has looked, and rests
    const [id] = await queue(1);
    running.nudge();
    await expect.poll(unpublished, { timeout: 500, interval: 5 }).toBe(0);
    expect(await eventsIn(observer)).toMatchObject([{ messageId: id, content: { sequence: 1 } }]);
  });

  it('finds by itself what another process has left behind', async () => {
    await queue(1, 3);
    relay();
    await expectAll(3);
    await queue(4);
    await expectAll(4);
  });

  it('publishes more than a batch, in order', async () => {
    await queue(1, 600);
    relay();
    await expectAll(600);
  });

  it('shares the work with those of other replicas, and nothing is published twice', async () => {
    await queue(1, 600);
    const others = [outboxStore(relayDatabase), outboxStore(relayDatabase), outboxStore(relayDatabase)];
    for (const other of others) relay({ outbox: other });
    await expect.poll(unpublished, { timeout: 10_000 }).toBe(0);
    expect((await sequences()).sort((a, b) => a - b)).toEqual(upTo(600));
  });

  it('overtakes events that another one holds, and leaves them to it', async () => {
    await queue(1, 2);
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    const holding = outbox.deliver(1, clock, async () => {
      await held;
      return [];
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    const { sent } = await relayBatch({ outbox, events, clock });
    release();
    await holding;
    expect(sent).toHaveLength(1);
    expect(await sequences()).toEqual([2]);
    expect((await relayBatch({ outbox, events, clock })).sent).toHaveLength(1);
  });

  it('gives the events back while NATS is away, and publishes them when it is there again', async () => {
    const running = relay();
    await servers.nats.kill('SIGKILL');
    await queue(1, 3);
    running.nudge();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await unpublished()).toBe(3);
    await servers.nats.start();
    await expectAll(3);
  });

  it('goes on after the database was away', async () => {
    relay();
    await servers.postgres.kill('SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    await servers.postgres.start();
    await queue(1, 3);
    await expectAll(3);
  });

  it('makes a lost stream again, and publishes what comes after', async () => {
    const running = relay();
    await queue(1);
    await expectAll(1);
    const { streams } = await managerOf(observer);
    await streams.delete(bindingsStream.name);
    await queue(2);
    running.nudge();
    await expect.poll(unpublished, { timeout: 10_000 }).toBe(0);
    expect(await sequences()).toEqual([2]);
  });

  it('publishes what is there before it ends', async () => {
    const running = relay();
    await new Promise((resolve) => setTimeout(resolve, 100)); // it has looked, and rests
    await queue(1, 50);
    await running.stop();
    await expectAll(50);
  });

  it('forgets events a day after they were published, and never one that was not', async () => {
    await queue(1, 3);
    await relayBatch({ outbox, events, clock });
    await queue(4, 2);
    expect(await outbox.prune(Date.now() - 24 * 3_600_000)).toBe(0);
    expect(await outbox.prune(Date.now() + 1_000)).toBe(3);
    expect(await unpublished()).toBe(2);
  });
});

describe('an event that the stream calls a duplicate', () => {
  it('is believed when the stream holds it', async () => {
    await queue(1, 2);
    await relayBatch({ outbox, events, clock });
    await database.outbox.updateMany({ data: { publishedAt: null } });
    const { sent } = await relayBatch({ outbox, events, clock });
    expect(sent).toHaveLength(2);
    await expectAll(2);
  });

  it('goes out again when the stream knows the id but has lost the event', async () => {
    const [id] = await queue(1);
    await relayBatch({ outbox, events, clock });
    const { streams } = await managerOf(observer);
    await streams.deleteMessage(bindingsStream.name, (await eventsIn(observer))[0]!.place);
    await database.outbox.updateMany({ data: { publishedAt: null } });
    await relayBatch({ outbox, events, clock });
    expect(await unpublished()).toBe(0);
    expect(await eventsIn(observer)).toMatchObject([{ messageId: `${id}.again`, content: { sequence: 1 } }]);
  });

  it('stays in the outbox when the stream has lost it twice', async () => {
    await queue(1);
    const { streams } = await managerOf(observer);
    for (let round = 0; round < 2; round += 1) {
      await relayBatch({ outbox, events, clock });
      await streams.deleteMessage(bindingsStream.name, (await eventsIn(observer))[0]!.place);
      await database.outbox.updateMany({ data: { publishedAt: null } });
    }
    const { sent, failures } = await relayBatch({ outbox, events, clock });
    expect({ sent: sent.length, failures: failures.length, left: await unpublished() }).toEqual({
      sent: 0,
      failures: 1,
      left: 1,
    });
  });
});

describe('when the relay is killed between publishing and marking', () => {
  it('forty times over, every event is there once at the end', async () => {
    const admin = new pg.Pool({ connectionString: servers.postgres.adminUrl(), max: 1 });
    let queued = 0;
    for (let round = 0; round < 40; round += 1) {
      await queue(queued + 1, 2);
      queued += 2;
      const killed: EventLog = {
        ...events,
        publish: async (entry, id) => {
          const receipt = await events.publish(entry, id);
          await admin.query(
            `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle in transaction' AND usename = 'records'`,
          );
          return receipt;
        },
      };
      await expect(relayBatch({ outbox, events: killed, clock })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    }
    await admin.end();
    expect(await unpublished()).toBe(queued);
    relay();
    await expectAll(queued);
  });
});

type How = 'and had no effect' | 'after taking effect';

/** The first call reports an error. */
function failingOnce<A extends unknown[], T>(how: How, act: (...args: A) => Promise<T>, undone = act): typeof act {
  let failed = false;
  return async (...args) => {
    if (failed) return act(...args);
    failed = true;
    if (how === 'after taking effect') await act(...args);
    else if (undone !== act) await undone(...args);
    throw new Error('so it says');
  };
}

/** Marking is the commit of the transaction: without effect all of it is rolled back, though the events are out. */
const rolledBack: Outbox['deliver'] = (limit, now, work) =>
  outbox.deliver(limit, now, async (entries) => {
    await work(entries);
    throw new Error('rolled back');
  });

describe.each(['publish', 'mark'] as const)('when %s reports an error', (effect) => {
  it.each<How>(['and had no effect', 'after taking effect'])(
    '%s, every event is there once at the end',
    async (how) => {
      await queue(1, 5);
      const failing = {
        events: effect === 'publish' ? { ...events, publish: failingOnce(how, events.publish) } : events,
        outbox: effect === 'mark' ? { ...outbox, deliver: failingOnce(how, outbox.deliver, rolledBack) } : outbox,
        clock,
      };
      await relayBatch(failing).catch(() => {});
      if (effect === 'publish') expect(await unpublished()).toBe(1);
      else expect(await unpublished()).toBe(how === 'after taking effect' ? 0 : 5);
      await relayBatch(failing);
      expect(await unpublished()).toBe(0);
      expect((await sequences()).sort((a, b) => a - b)).toEqual(upTo(5));
    },
  );
});
