import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bindingStore } from '../../../apps/records/src/bindings/binding-store.js';
import type { Bindings, NewStatement } from '../../../apps/records/src/bindings/bindings.js';
import { memoryBindings } from '../../../apps/records/src/bindings/memory-bindings.js';
import { asked, type Database } from '../../../apps/records/src/database-store.js';
import { emptyTables, startRecordsServers } from './servers.js';

const ann = 'A'.repeat(43);
const eve = 'E'.repeat(43);
const number = 'tel:+447700900123';

interface Sketch {
  identifier?: string;
  account?: string;
  sequence?: number;
  hash?: string;
  previous?: string;
}

function statement({ identifier = number, account = ann, sequence = 1, hash = 'one', previous }: Sketch): NewStatement {
  return {
    statement: {
      identifier,
      account,
      sequence,
      hash,
      proof: { protected: `cHJv-${hash}`, payload: `cGF5-${hash}`, signature: `c2ln-${hash}` },
      countersignature: `h.${hash}.s`,
      publishedAt: 1_764_057_600_123 + Math.min(sequence, 9),
    },
    previous,
    proved: { method: 'sms', provedAt: 1_764_057_000 },
    content: {
      identifier,
      sequence,
      hash,
      visibility: 'dns',
      routes: [{ service: 'E2U+sip', uri: `sip:${hash}@example.net`, order: 100, preference: 10 }],
      keys: [],
      ttl: 300,
    },
    eventId: randomUUID(),
  };
}

const first = statement({});
const second = statement({ sequence: 2, hash: 'two', previous: 'one' });

interface Subject {
  bindings: Bindings;
  /** Message ids in the outbox, in order. */
  events(): Promise<readonly string[]>;
}

function bindingsBehaviour(name: string, make: () => Promise<Subject>): void {
  describe(name, () => {
    let subject: Subject;
    beforeEach(async () => {
      subject = await make();
    });

    it('know nothing of an identifier that nobody published', async () => {
      expect(await subject.bindings.current(number)).toBeUndefined();
      expect(await subject.bindings.taken(number, 1)).toBeUndefined();
      expect(await subject.bindings.page(undefined, 10)).toEqual([]);
    });

    it('take a chain, keep all of it as it came, and queue an event for each', async () => {
      expect(await subject.bindings.take(first)).toBe(true);
      expect(await subject.bindings.take(second)).toBe(true);
      expect(await subject.bindings.current(number)).toEqual({
        account: ann,
        sequence: 2,
        hash: 'two',
        proved: first.proved,
        statement: second.statement,
      });
      expect(await subject.bindings.taken(number, 1)).toEqual(first.statement);
      expect(await subject.bindings.taken(number, 2)).toEqual(second.statement);
      expect(await subject.bindings.page(undefined, 10)).toEqual([second.content]);
      expect(await subject.events()).toEqual([first.eventId, second.eventId]);
    });

    it.each<[string, Sketch]>([
      ['a second first statement', { hash: 'other' }],
      ['the same first statement again', {}],
      ['a first statement of another key', { account: eve }],
      ['a later statement of another key', { account: eve, sequence: 2, hash: 'two', previous: 'one' }],
      ['one that follows another than the newest', { sequence: 2, hash: 'two', previous: 'zero' }],
      ['one that skips a sequence', { sequence: 3, hash: 'three', previous: 'one' }],
      ['a later statement where there is no first', { identifier: 'tel:+447700900999', sequence: 2, previous: 'one' }],
    ])('do not take %s, and change nothing', async (_, sketch) => {
      await subject.bindings.take(first);
      expect(await subject.bindings.take(statement(sketch))).toBe(false);
      expect(await subject.bindings.current(number)).toMatchObject({ sequence: 1, hash: 'one', account: ann });
      expect(await subject.bindings.page(undefined, 10)).toEqual([first.content]);
      expect(await subject.events()).toEqual([first.eventId]);
    });

    it('take exactly one of many first statements at once', async () => {
      const rivals = Array.from({ length: 20 }, (_, n) =>
        statement({ hash: `rival-${n}`, account: n % 2 ? ann : eve }),
      );
      const results = await Promise.all(rivals.map((rival) => subject.bindings.take(rival)));
      const winner = rivals[results.indexOf(true)]!;
      expect(results.filter(Boolean)).toHaveLength(1);
      expect(await subject.bindings.current(number)).toMatchObject({
        hash: winner.statement.hash,
        statement: winner.statement,
      });
      expect(await subject.events()).toEqual([winner.eventId]);
    });

    it('take exactly one of many statements that follow the same one', async () => {
      await subject.bindings.take(first);
      const rivals = Array.from({ length: 20 }, (_, n) =>
        statement({ sequence: 2, hash: `rival-${n}`, previous: 'one' }),
      );
      const results = await Promise.all(rivals.map((rival) => subject.bindings.take(rival)));
      const winner = rivals[results.indexOf(true)]!;
      expect(results.filter(Boolean)).toHaveLength(1);
      expect(await subject.bindings.taken(number, 2)).toEqual(winner.statement);
      expect(await subject.events()).toEqual([first.eventId, winner.eventId]);
    });

    it('keep the largest sequence', async () => {
      const last = 2 ** 53 - 1;
      await subject.bindings.take(statement({}));
      expect(await subject.bindings.taken(number, last)).toBeUndefined();
      expect(await subject.bindings.take(statement({ sequence: last, hash: 'last', previous: 'one' }))).toBe(false);
    });

    it('page in order of the octets of the identifiers', async () => {
      const identifiers = [
        'sip:a_b@example.net',
        'tel:+12025550100',
        'mailto:a-b@example.net',
        'mailto:a@example.net',
        'mailto:a.b@example.net',
      ];
      for (const identifier of identifiers) await subject.bindings.take(statement({ identifier }));
      const sorted = [...identifiers].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      expect((await subject.bindings.page(undefined, 10)).map(({ identifier }) => identifier)).toEqual(sorted);
      expect((await subject.bindings.page(sorted[1], 2)).map(({ identifier }) => identifier)).toEqual(
        sorted.slice(2, 4),
      );
      expect(await subject.bindings.page(sorted.at(-1), 2)).toEqual([]);
    });
  });
}

bindingsBehaviour('bindings in memory', async () => {
  const bindings = memoryBindings();
  return { bindings, events: async () => bindings.events };
});

describe('with a database', () => {
  let servers: Awaited<ReturnType<typeof startRecordsServers>>;
  let database: Database;

  beforeAll(async () => {
    servers = await startRecordsServers();
    database = servers.openDatabase();
  });
  afterAll(async () => {
    await database?.$disconnect();
    await servers?.stop();
  });

  bindingsBehaviour('bindings in PostgreSQL', async () => {
    await emptyTables(database);
    return {
      bindings: bindingStore(database),
      events: async () => (await database.outbox.findMany({ orderBy: { position: 'asc' } })).map(({ id }) => id),
    };
  });

  it('an event carries what the binding publishes', async () => {
    await emptyTables(database);
    await bindingStore(database).take(first);
    const [event] = await database.outbox.findMany();
    expect(JSON.parse(event!.payload)).toEqual(first.content);
    expect(event).toMatchObject({ id: first.eventId, publishedAt: null });
  });

  it('says that waiting helps when the connection is cut while it waits for an answer', async () => {
    const waiting = asked(database.$queryRaw`SELECT pg_sleep(10), 'cut me'`);
    const cut = () => database.$queryRaw<unknown[]>`
      SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE query LIKE '%cut me%' AND query LIKE '%pg_sleep(10)%' AND wait_event = 'PgSleep'`;
    await Promise.all([
      expect(waiting).rejects.toMatchObject({ code: 'UNAVAILABLE', retry: 'later' }),
      expect.poll(async () => (await cut()).length, { timeout: 5_000 }).toBe(1),
    ]);
  });

  it('does not say so of a mistake of ours', async () => {
    await expect(asked(database.$queryRaw`SELECT * FROM nowhere`)).rejects.not.toHaveProperty('retry');
  });

  it('says that waiting helps while the database is away, and goes on when it is back', async () => {
    await emptyTables(database);
    const bindings = bindingStore(database);
    await servers.postgres.kill('SIGKILL');
    await expect(bindings.current(number)).rejects.toMatchObject({ code: 'UNAVAILABLE', retry: 'later' });
    await expect(bindings.take(first)).rejects.toMatchObject({ code: 'UNAVAILABLE', retry: 'later' });
    await expect(bindings.page(undefined, 1)).rejects.toMatchObject({ code: 'UNAVAILABLE', retry: 'later' });
    await servers.postgres.start();
    expect(await bindings.take(first)).toBe(true);
  });
});
