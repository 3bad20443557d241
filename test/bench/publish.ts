import { decodeMessage, encodeMessage, naptr, Name, queryFor, RRType } from '@callbook/dns';
import { nodeOf, parseE164 } from '@callbook/enum';
import { createSocket } from 'node:dgram';
import { performance } from 'node:perf_hooks';
import pg from 'pg';
import { reservedNumber, sip, startWorld, type Person, type World } from '../harness/world.js';
import { percentile, print, type Row } from './table.js';

/**
 * How long it takes from a claim to an answer that resolves, and how many claims a second the whole system on one machine bears:
 * `npm run bench:publish [-- --json] [-- --quick]`. The reference is one durable commit of PostgreSQL, measured among the claims: no
 * publication can be faster than the three that it consists of (claim, statement, zone).
 */
const quick = process.argv.includes('--quick');
const json = process.argv.includes('--json');
const alone = quick ? 30 : 150;
const together = quick ? 100 : 500;
const clients = 16;

const world = await startWorld({ settings: { identity: { CALLBOOK_LOG_LEVEL: 'warn' } } });
try {
  print('publish', await measure(world), json);
} finally {
  await world.stop();
}

async function measure(world: World): Promise<Row[]> {
  const database = new pg.Client(world.callbook.servers.postgres.adminUrl());
  await database.connect();
  await database.query('create table bench (at timestamptz)');

  const person = await world.person();
  await Promise.all([prepared(person, 999).then((ready) => publishAndSee(world, ready))]);
  const [latencies, commits]: [number[], number[]] = [[], []];
  for (let n = 0; n < alone; n += 1) {
    const ready = await prepared(person, n);
    latencies.push(await publishAndSee(world, ready));
    commits.push(await timed(() => database.query('insert into bench values (now())')));
  }
  await database.end();

  const people = await Promise.all(Array.from({ length: clients }, () => world.person()));
  const waiting = await inParallel(people, together, (person, n) => prepared(person, alone + n));
  const start = performance.now();
  const loaded = await inParallel(people, together, async (_, n) => publishAndSee(world, waiting[n]!));
  const seconds = (performance.now() - start) / 1_000;

  const commit = percentile(commits, 0.5);
  const latency = (values: readonly number[], name: string, share: number, target: number): Row => ({
    case: `claim → resolvable, ${name}`,
    unit: 'ms',
    ours: percentile(values, share),
    peers: {},
    limit: commit,
    target,
    targetIs: 'value',
    better: 'lower',
  });
  return [
    latency(latencies, 'one client, p50', 0.5, 100),
    latency(latencies, 'one client, p99', 0.99, 500),
    latency(loaded, `${clients} clients, p50`, 0.5, 1_000),
    {
      case: `claims a second, ${clients} clients`,
      unit: '/s',
      ours: together / seconds,
      peers: {},
      limit: 1_000 / commit,
      target: 20,
      targetIs: 'value',
      better: 'higher',
    },
  ];
}

interface Ready {
  readonly person: Person;
  readonly number: string;
  readonly id: string;
  readonly secret: string;
}

/** A number whose message came, and that has not been claimed. */
async function prepared(person: Person, n: number): Promise<Ready> {
  const number = reservedNumber(n);
  const { verification, secret } = await person.askForSecret(number);
  return { person, number, id: verification.id, secret };
}

/** Milliseconds from sending the claim to the first answer over UDP that holds what was published. */
async function publishAndSee(world: World, { person, number, id, secret }: Ready): Promise<number> {
  const uri = `sip:${number.slice(1)}@example.net`;
  const start = performance.now();
  const { attestation } = await person.registration.claim(id, secret);
  const statement = person.registration.nextStatement(`tel:${number}`, sip(uri), undefined, attestation);
  await person.registration.publishStatement(statement);
  await resolvable(world, number, uri);
  return performance.now() - start;
}

async function resolvable(world: World, number: string, uri: string): Promise<void> {
  const { host, port } = world.callbook.addresses.dns[0]!;
  const question = {
    name: nodeOf(parseE164(number), Name.parse('e164.callbook.example.')),
    type: RRType.NAPTR,
    class: 1,
  };
  const query = encodeMessage(queryFor(question, 1));
  const socket = createSocket('udp4');
  try {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('not resolvable within 30 s')), 30_000);
      socket.on('message', (octets) => {
        const found = decodeMessage(octets).answers.some(({ rdata }) => naptr.read(rdata).regexp.includes(uri));
        if (!found) return void setTimeout(() => socket.send(query), 1);
        clearTimeout(timer);
        resolve();
      });
      socket.connect(port, host, () => socket.send(query));
    });
  } finally {
    socket.close();
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** Runs `count` pieces of work, each client one at a time; results in order. */
async function inParallel<C, T>(
  clients: readonly C[],
  count: number,
  work: (client: C, n: number) => Promise<T>,
): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  await Promise.all(
    clients.map(async (client) => {
      for (let n = next++; n < count; n = next++) results[n] = await work(client, n);
    }),
  );
  return results;
}
