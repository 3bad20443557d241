import { CallbookError, countersignatureType, type Binding } from '@callbook/contracts';
import type { NatsConnection } from '@nats-io/transport-node';
import { compactVerify, decodeProtectedHeader, type JWK } from 'jose';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sampleIdentity, type SampleIdentity } from '../../../apps/records/src/attestations/sample-identity.js';
import type { Proof } from '../../../apps/records/src/bindings/check-proof.js';
import {
  hashOf,
  sampleHolder,
  sampleStatement,
  type SampleHolder,
} from '../../../apps/records/src/bindings/sample-holder.js';
import type { Database } from '../../../apps/records/src/database-store.js';
import { answerAttestationKeys, recordsClient, startRecords, type RecordsProcess } from './records-process.js';
import { emptyTables, startRecordsServers } from './servers.js';
import { connectAs, connectAsAll, eventsIn } from './stream.js';

const keyEncryptionKey = randomBytes(32).toString('base64url');
/** +44 7700 900000 to 900999 are reserved for examples. */
const numberOf = (n: number) => `tel:+447700900${String(n).padStart(3, '0')}`;

let servers: Awaited<ReturnType<typeof startRecordsServers>>;
let database: Database;
let nats: Record<'gateway' | 'identity' | 'signer' | 'all', NatsConnection>;
let identity: SampleIdentity;
let ann: SampleHolder;
let service: RecordsProcess;

beforeAll(async () => {
  servers = await startRecordsServers();
  database = servers.openDatabase();
  const [gateway, identityNats, signer, all] = await Promise.all([
    connectAs(servers, 'gateway'),
    connectAs(servers, 'identity'),
    connectAs(servers, 'signer'),
    connectAsAll(servers),
  ]);
  nats = { gateway, identity: identityNats, signer, all };
  [identity, ann] = await Promise.all([sampleIdentity(Date.now()), sampleHolder()]);
  answerAttestationKeys(identityNats, identity.keys);
  service = await startRecords(servers, { keyEncryptionKey });
});
beforeEach(() => emptyTables(database));
afterAll(async () => {
  await service?.kill('SIGKILL');
  await Promise.all([...Object.values(nats ?? {}).map((connection) => connection.close()), database?.$disconnect()]);
  await servers?.stop();
});

const publish = (request: Proof): Promise<Binding> => recordsClient(nats.gateway)['binding.publish'](request);
const issuedAt = new Date().toISOString();

async function firstOf(identifier: string, changed: object = {}, holder = ann): Promise<object> {
  const attestation = await identity.attest(holder.account, { claims: { sub: identifier } });
  return sampleStatement({ identifier, issuedAt, attestation, ...changed });
}
const firstRequest = async (identifier: string, changed: object = {}) =>
  ann.request(await firstOf(identifier, changed), { identifier });

/** As a client does: the same request again until there is an answer. */
async function publishSurely(request: Proof): Promise<Binding> {
  for (;;) {
    try {
      return await publish(request);
    } catch (error) {
      if (!(error instanceof CallbookError) || error.retry !== 'later') throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

const unpublished = () => database.outbox.count({ where: { publishedAt: null } });

describe('the service', () => {
  it('publishes, reads, and countersigns with a key that everyone can get', async () => {
    const first = await firstOf(numberOf(0));
    const request = await ann.request(first, { identifier: numberOf(0) });
    const binding = await publish(request);
    expect(binding).toMatchObject({ sequence: 1, hash: hashOf(first), proof: request.proof });
    const read = recordsClient(nats.gateway)['binding.read'];
    expect(await read({ identifier: numberOf(0), account: ann.account })).toEqual(binding);
    await expect(read({ identifier: numberOf(0), account: 'E'.repeat(43) })).rejects.toMatchObject({
      code: 'BINDING_UNKNOWN',
    });
    await expect(read({ identifier: numberOf(1), account: ann.account })).rejects.toMatchObject({
      code: 'BINDING_UNKNOWN',
    });

    const { keys } = await recordsClient(nats.gateway)['countersigning.keys']({});
    const { kid, typ } = decodeProtectedHeader(binding.attestation);
    expect(typ).toBe(countersignatureType);
    const key = keys.find((candidate) => candidate['kid'] === kid);
    const { payload } = await compactVerify(binding.attestation, key as JWK);
    expect(JSON.parse(new TextDecoder().decode(payload))).toMatchObject({
      iss: 'callbook.example',
      sub: numberOf(0),
      account: ann.account,
      statement: hashOf(first),
    });
    expect(JSON.stringify(keys)).not.toContain('"d"');
  });

  it('puts the event of a statement into the stream within a moment', async () => {
    const binding = await publish(await firstRequest(numberOf(1), { ttl: 77 }));
    const own = async () => (await eventsIn(nats.all)).filter(({ content }) => content.hash === binding.hash);
    await expect.poll(async () => (await own()).length, { timeout: 900, interval: 10 }).toBe(1);
    expect(await own()).toMatchObject([{ content: { identifier: numberOf(1), sequence: 1, ttl: 77 } }]);
  });

  it('takes exactly one of many statements with the same sequence', async () => {
    const requests = await Promise.all(
      Array.from({ length: 50 }, (_, n) => firstRequest(numberOf(0), { ttl: 60 + n })),
    );
    const results = await Promise.allSettled(requests.map(publish));
    const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as CallbookError] : []));
    expect(refused).toHaveLength(49);
    expect(new Set(refused.map(({ code }) => code))).toEqual(new Set(['SEQUENCE_CONFLICT']));
    expect(await database.outbox.count()).toBe(1);
    expect(await database.statement.count()).toBe(1);
  });

  it('answers the same statement many times at once with one answer', async () => {
    const request = await firstRequest(numberOf(0));
    const answers = await Promise.all(Array.from({ length: 30 }, () => publish(request)));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(await database.outbox.count()).toBe(1);
  });

  it('keeps its countersigning key over a restart', async () => {
    const before = await recordsClient(nats.gateway)['countersigning.keys']({});
    expect(await service.kill('SIGTERM')).toBe(0);
    service = await startRecords(servers, { keyEncryptionKey });
    expect(await recordsClient(nats.gateway)['countersigning.keys']({})).toEqual(before);
  });

  it('does not start with another key-encryption key, and makes no second key', async () => {
    const other = randomBytes(32).toString('base64url');
    await expect(startRecords(servers, { keyEncryptionKey: other })).rejects.toThrow('records ended');
    expect(await database.countersigningKey.count()).toBe(1);
  });

  it('writes no identifier, key or address to its log and metrics', async () => {
    const first = await firstOf(numberOf(123), { routes: [{ service: 'E2U+sip', uri: 'sip:canary@example.net' }] });
    await publish(await ann.request(first, { identifier: numberOf(123) }));
    await publish(await ann.request({ ...first, sequence: 9 }, { identifier: numberOf(123) })).catch(() => {});
    const written = service.output() + (await service.metrics());
    for (const secret of ['7700900123', 'canary', ann.account, hashOf(first), keyEncryptionKey])
      expect(written).not.toContain(secret);
  });
});

describe('under kill -9', () => {
  it('nothing that was acknowledged is lost, and nothing is there twice', async () => {
    const count = 200;
    const requests = await Promise.all(Array.from({ length: count }, (_, n) => firstRequest(numberOf(n))));
    const before = (await eventsIn(nats.all)).length;
    const killing = (async () => {
      for (let kills = 0; kills < 5; kills += 1) {
        await new Promise((resolve) => setTimeout(resolve, 20 + (randomBytes(1)[0] ?? 0) / 2));
        await service.kill('SIGKILL');
        service = await startRecords(servers, { keyEncryptionKey });
      }
    })();
    const waiting = [...requests];
    const bindings: Binding[] = [];
    const client = async () => {
      for (let request = waiting.pop(); request; request = waiting.pop()) {
        bindings.push(await publishSurely(request));
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    await Promise.all([client(), client(), client(), client()]);
    await killing;

    await expect.poll(unpublished, { timeout: 15_000 }).toBe(0);
    const events = (await eventsIn(nats.all)).slice(before);
    expect(events.map(({ content }) => content.hash).sort()).toEqual(bindings.map(({ hash }) => hash).sort());
    expect(await database.statement.count()).toBe(count);
  }, 180_000);
});

describe('the export', () => {
  const page = (after?: string, limit = 7) =>
    recordsClient(nats.signer)['binding.export']({ limit, ...(after !== undefined && { after }) });

  async function exported(limit: number, between: () => Promise<unknown> = async () => {}) {
    const found = [];
    let after: string | undefined;
    do {
      const { bindings, next } = await page(after, limit);
      found.push(...bindings);
      after = next;
      await between();
    } while (after !== undefined);
    return found;
  }

  it('is empty when nothing is published', async () => {
    expect(await page()).toEqual({ bindings: [] });
  });

  it('has every binding once, in order, whatever the size of a page', async () => {
    await Promise.all(Array.from({ length: 20 }, async (_, n) => publish(await firstRequest(numberOf(n)))));
    for (const limit of [1, 7, 20, 21, 1_000])
      expect((await exported(limit)).map(({ identifier }) => identifier)).toEqual(
        Array.from({ length: 20 }, (_, n) => numberOf(n)),
      );
  });

  it('has every binding of its beginning once though others come and change meanwhile', async () => {
    const firsts = await Promise.all(Array.from({ length: 20 }, (_, n) => firstOf(numberOf(n * 10))));
    await Promise.all(
      firsts.map(async (first, n) => publish(await ann.request(first, { identifier: numberOf(n * 10) }))),
    );
    let round = 0;
    const found = await exported(3, async () => {
      const n = (round += 1);
      await publish(await firstRequest(numberOf(n * 10 + 5)));
      const identifier = numberOf((20 - n) * 10);
      const previous = hashOf(firsts[20 - n]!);
      await publish(
        await ann.request(sampleStatement({ identifier, issuedAt, sequence: 2, previous }), { identifier }),
      );
    });
    const identifiers = found.map(({ identifier }) => identifier);
    expect(identifiers).toEqual([...new Set(identifiers)].sort());
    for (let n = 0; n < 20; n += 1) expect(identifiers).toContain(numberOf(n * 10));
    expect(found.at(-1)).toMatchObject({ identifier: numberOf(190), sequence: 2 });
  });

  it('cuts a page that would not fit one message', async () => {
    const routes = Array.from({ length: 16 }, (_, n) => ({
      service: 'E2U+sip',
      uri: `sip:${'a'.repeat(180)}${n}@example.net`,
    }));
    for (let n = 0; n < 200; n += 20)
      await Promise.all(
        Array.from({ length: 20 }, async (_, k) => publish(await firstRequest(numberOf(n + k), { routes }))),
      );
    const { bindings, next } = await page(undefined, 1_000);
    expect(bindings.length).toBeLessThan(200);
    expect(next).toBe(bindings.at(-1)?.identifier);
    expect(await exported(1_000)).toHaveLength(200);
  });
});
