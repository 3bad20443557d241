import { Name } from '@callbook/dns';
import { journalStream, journalSubject, zoneStateStream } from '@callbook/contracts';
import { managerOf } from '@callbook/process';
import { connect } from '@nats-io/transport-node';
import { rmSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFailed } from 'vitest';
import { reservedNumber } from '../harness/world.js';
import { Attempt } from './attempt.js';
import { startCity, type City, type Second } from './city.js';
import { watchLookups, type LookupWatch } from './lookup-watch.js';
import { register } from './person.js';
import { expectMessagesCounted, expectPromisesKept, expectResolvable, expectZoneOfRecords } from './promises.js';
import { rowsOf } from './rebuild.js';
import { targets } from './schedule.js';
import { chanceOf, seedOfRun } from './seed.js';
import { watchSerials, type SerialWatch } from './serial-watch.js';

/** All of a test, the last person answered. */
const patience = 120_000;
/** A standby leads at the latest so long after its leader was gone: on a machine with nothing else to do after six seconds. */
const takeover = 30_000;
const seed = seedOfRun();
const chance = chanceOf(seed);

let city: City;
let serials: SerialWatch[] = [];
let lookups: LookupWatch;
let come = 0;
/** How many faults of each watch belong to tests before. */
let told: number[] = [];

beforeAll(async () => {
  console.log(`CALLBOOK_SEED=${seed}`);
  city = await startCity({ settings: { signer: { CALLBOOK_UPKEEP_EVERY: '1s' } } });
  const { replicas, ledger, look, apex } = city;
  serials = replicas.map(({ server }) => watchSerials(server, apex));
  const strangers = Array.from({ length: 100 }, (_, index) => reservedNumber(900 + index));
  lookups = watchLookups({ replicas, ledger, look, strangers, chance: chanceOf(seed + 1) });
  await people(5);
  await sound();
});

afterEach(() => {
  onTestFailed(() => console.log(`logs: ${city.keepLogs(`lost-stores-${seed}`)}`));
  targets.forEach((target) => city.supervised[target].letUp()); // whatever a test left undone that failed
  const wrong: readonly (readonly unknown[])[] = [...serials.map(({ stepsBack }) => stepsBack), lookups.faults];
  const since = wrong.flatMap((faults, watch) => faults.slice(told[watch] ?? 0));
  told = wrong.map(({ length }) => length);
  expect(since, 'what clients of DNS saw').toEqual([]);
});

afterAll(async () => {
  serials.forEach((watch) => watch.stop());
  await lookups?.stop();
  await city?.stop();
});

/** So many people register, all at once; resolves when the last has been answered. */
async function people(count: number, { statements = 1 } = {}): Promise<void> {
  const { world, ledger } = city;
  const surroundings = {
    api: world.callbook.addresses.api,
    fetch: world.fetch,
    phones: world.phones,
    ledger,
    attempt: new Attempt(performance.now() + patience),
  };
  const numbers = Array.from({ length: count }, () => reservedNumber(come++));
  await Promise.all(numbers.map((number) => register(surroundings, number, { statements, gaveUp: false })));
}

/** After whatever happened: all ready, promises kept, one zone. */
async function sound(): Promise<void> {
  await city.untilUp(60_000);
  await city.untilQuiet(60_000);
  await expectPromisesKept(city);
  await expectZoneOfRecords(city);
  await expectResolvable(city);
}

const dataOf = (server: 'nats' | 'redis') => path.join(city.world.callbook.dir, server);
const sql = (text: string) => rowsOf(city.world.callbook.servers.postgres.adminUrl(), text);

/** JetStream as its owner may use it. */
async function asSetup<T>(act: (manager: Awaited<ReturnType<typeof managerOf>>) => Promise<T>): Promise<T> {
  const { nats } = city.world.callbook.servers;
  const connection = await connect({ servers: nats.url, user: 'setup', pass: nats.password('setup') });
  try {
    return await act(await managerOf(connection));
  } finally {
    await connection.close();
  }
}

describe('JetStream', () => {
  it('loses its disk while everything is down', async () => {
    await Promise.all(targets.map((target) => city.supervised[target].holdDown()));
    rmSync(dataOf('nats'), { recursive: true });
    targets.forEach((target) => city.supervised[target].letUp());
    await sound();
    await people(3);
    await sound();
  }, 400_000);

  it('loses its disk while everything else runs', async () => {
    const registering = people(15, { statements: 2 });
    await pause(500);
    await city.supervised.nats.holdDown();
    rmSync(dataOf('nats'), { recursive: true });
    city.supervised.nats.letUp();
    await registering;
    await sound();
  }, 400_000);

  it('loses its disk while nobody writes: all are ready again by themselves', async () => {
    await city.supervised.nats.holdDown();
    rmSync(dataOf('nats'), { recursive: true });
    city.supervised.nats.letUp();
    await sound();
    await people(2);
    await sound();
  }, 400_000);

  it.each([journalStream.name, zoneStateStream.name, 'BINDINGS', 'KV_nonces', 'OBJ_zone-snapshots'])(
    'loses %s alone, under writes',
    async (name) => {
      const registering = people(6, { statements: 2 });
      await pause(300);
      await asSetup((manager) => manager.streams.delete(name));
      await registering;
      await sound();
    },
    400_000,
  );
});

describe('a replica', () => {
  const purgeJournal = () =>
    asSetup((manager) =>
      manager.streams.purge(journalStream.name, { filter: journalSubject(Name.parse('callbook.example.')) }),
    );

  it('that starts where the journal has a gap is led on by a new snapshot', async () => {
    await city.supervised['lookup-2'].holdDown();
    await people(3);
    await purgeJournal();
    city.supervised['lookup-2'].letUp();
    await sound();
    await people(2);
    await sound();
  }, 400_000);

  it('that starts where the journal has a gap says nothing before that snapshot is there', async () => {
    const { signer, 'lookup-2': replica } = city.supervised;
    await people(2); // after the newest snapshot, and seen on both replicas
    await sound();
    await signer.holdDown();
    await replica.holdDown();
    await purgeJournal();
    const loaded = city.nextSaying('lookup-2', 'snapshot.loaded');
    replica.letUp();
    await loaded;
    await pause(1_000); // what it serves then, the watch of its serials sees
    signer.letUp();
    await sound();
  }, 400_000);
});

describe('Redis', () => {
  it('is emptied while people wait for their messages', async () => {
    const registering = people(15);
    for (let times = 0; times < 10; times += 1) {
      await flushRedis();
      await pause(100);
    }
    await registering;
    await sound();
    await expectMessagesCounted(city);
  }, 400_000);

  it('loses its disk while people wait for their messages', async () => {
    const registering = people(15);
    await pause(200);
    await city.supervised.redis.holdDown();
    rmSync(path.join(dataOf('redis'), 'appendonlydir'), { recursive: true, force: true });
    rmSync(path.join(dataOf('redis'), 'appendonly.aof'), { force: true });
    city.supervised.redis.letUp();
    await registering;
    await sound();
    await expectMessagesCounted(city);
  }, 400_000);
});

describe('the signer', () => {
  it('loses all but its keys: the zone is signed again from what records has, and nobody is denied meanwhile', async () => {
    await people(2); // after the newest snapshot
    await sound();
    await city.supervised.signer.holdDown();
    await city.supervised.records.holdDown();
    await sql('TRUNCATE signer.rrset, signer.publication, signer.journal');
    const begun = city.nextSaying('signer', 'zone.begun');
    city.supervised.signer.letUp();
    await begun;
    // Long enough for what the signer and the replicas do from time to time; and a replica that starts finds its way.
    await pause(3_000);
    await city.supervised['lookup-2'].kill(0);
    await city.supervised['lookup-2'].untilUp(patience);
    await pause(2_000);
    city.supervised.records.letUp();
    await sound();
    await people(2);
    await sound();
  }, 400_000);

  it('is killed again and again between commit and append', async () => {
    const registering = people(30, { statements: 3 });
    for (let times = 0; times < 8; times += 1) {
      await city.supervised.signer.untilUp(60_000);
      await pause(chance.between(0, 400));
      await city.supervised.signer.kill(0);
    }
    await registering;
    await sound();
  }, 400_000);
});

describe('two of each', () => {
  let signer: Second;

  const leads = async (service: Second['service']): Promise<boolean> => {
    const page = await fetch(`http://127.0.0.1:${service.healthPort}/metrics`, { signal: AbortSignal.timeout(1_000) })
      .then((response) => response.text())
      .catch(() => '');
    return /^callbook_signer_leading\b.* 1$/m.test(page);
  };
  const untilLeads = async (service: Second['service'], within: number) => {
    const began = performance.now();
    while (!(await leads(service))) {
      if (performance.now() - began > within) throw new Error(`${service.name} does not lead after ${within} ms`);
      await pause(50);
    }
    return performance.now() - began;
  };

  it('a second signer stands by, and leads soon after the first was killed', async () => {
    signer = await city.second('signer');
    expect(await leads(signer.service)).toBe(false);
    const registering = people(5);
    await pause(200);
    await city.supervised.signer.holdDown();
    console.log(`takes over after kill -9: ${Math.round(await untilLeads(signer.service, takeover))} ms`);
    await registering;
    city.supervised.signer.letUp();
    await sound();
  }, 400_000);

  it('leads soon after the first hangs, which can publish nothing when it goes on', async () => {
    const first = city.world.callbook.services.signer;
    await signer.supervised.holdDown();
    await untilLeads(first, takeover);
    signer.supervised.letUp();
    await signer.supervised.untilUp(60_000);

    const hung = first.pid;
    await first.kill('SIGSTOP');
    const registering = people(5);
    console.log(`takes over after SIGSTOP: ${Math.round(await untilLeads(signer.service, takeover))} ms`);
    await registering;
    await first.kill('SIGCONT');
    await people(3);
    await sound();
    expect(first.pid, 'it stands by, and did not have to end').toBe(hung);
    expect([await leads(first), await leads(signer.service)]).toEqual([false, true]);
  }, 400_000);

  it('of identity, records and gateway share the work, and one is enough', async () => {
    const { api } = city.world.callbook.addresses;
    const seconds = {
      identity: await city.second('identity'),
      records: await city.second('records'),
      gateway: await city.second('gateway'),
    };
    let turn = 0;
    const { fetch: inner } = city.world;
    const other = api.replace(/\d+$/, String(seconds.gateway.port));
    // As a client does with a name that has two addresses: each in turn, and the other where one does not answer.
    Object.assign(city.world, {
      fetch: (url: string, init?: object) => {
        const both = [url, url.replace(api, other)];
        const [one, another] = (turn += 1) % 2 ? both : both.reverse();
        return inner(one!, init).catch(() => inner(another!, init));
      },
    });
    await people(12);
    const served = await Promise.all(
      [seconds.identity, seconds.records].map(async ({ service }) => {
        const page = await (await fetch(`http://127.0.0.1:${service.healthPort}/metrics`)).text();
        return [...page.matchAll(/^callbook_rpc_seconds_count\{.*\} (\d+)$/gm)].reduce(
          (sum, [, n]) => sum + Number(n),
          0,
        );
      }),
    );
    for (const count of served) expect(count).toBeGreaterThan(0);

    for (const app of ['identity', 'records', 'gateway'] as const) await city.supervised[app].holdDown();
    const registering = people(5);
    await registering;
    for (const app of ['identity', 'records', 'gateway'] as const) city.supervised[app].letUp();
    await sound();
    await expectMessagesCounted(city);
  }, 400_000);
});

function flushRedis(): Promise<void> {
  const { port, password } = city.world.callbook.servers.redis;
  return new Promise((resolve, reject) => {
    const socket = connectTcp(port, '127.0.0.1', () => socket.write(`AUTH ${password}\r\nFLUSHALL\r\n`));
    let answer = '';
    socket.on('data', (data) => {
      answer += data.toString();
      if (answer.split('\r\n').length > 2) socket.destroy();
    });
    socket.once('error', reject);
    socket.once('close', () => resolve());
  });
}
