import { createHash } from 'node:crypto';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { SignJWT } from 'jose';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { messageQueue, queuePrefix } from '../../../apps/identity/src/messages/message-queue.js';
import { codeOf, IdentityWorld, signatureSecret, until, type Holder } from './identity-world.js';

let world: IdentityWorld;
let holder: Holder;
let redis: Redis;
beforeAll(async () => {
  world = await IdentityWorld.start();
  holder = await world.newHolder();
  redis = new Redis(world.servers.redis.url, { maxRetriesPerRequest: null });
  redis.on('error', () => {});
});
afterEach(() => world.sandbox.behave({}));
afterAll(async () => {
  redis?.disconnect();
  await world?.stop();
});

let last = 300;
const freshNumber = () => `+447700900${(last += 1)}`;
const messageOf = async (verification: string) => {
  const { rows } = await world.database.query(
    'SELECT id, state, text, attempts, reason, provider_id FROM messages WHERE verification_id = $1 ORDER BY created_at DESC',
    [verification],
  );
  return rows[0] as { id: string; state: string; text: string | null; attempts: number; reason: string | null };
};
const paidFor = (number: string) => world.sandbox.acceptedFor(number);
const proves = async (verification: Awaited<ReturnType<typeof world.start>>, count = 1) => {
  const secret = await world.secretOf(holder, verification, count);
  const { status } = await world.rpc['verification.claim']({ id: verification.id, account: holder.account, secret });
  return status;
};

describe('when the provider reports an error', () => {
  it.each([429, 500, 503] as const)('%i and did not take the message, it is handed over again', async (answer) => {
    await world.sandbox.behave({ faults: [{ answer }] });
    const number = freshNumber();
    const started = await world.start(holder, number);
    expect(await proves(started)).toBe('valid');
    expect(await paidFor(number)).toBe(1);
    expect(await messageOf(started.id)).toMatchObject({ attempts: 2, text: null });
  });

  it('500 after it took the message, the holder can prove all the same', async () => {
    await world.sandbox.behave({ faults: [{ answer: 500, when: 'after' }] });
    const started = await world.start(holder, freshNumber());
    expect(await proves(started)).toBe('valid');
    await world.untilDelivery(holder, started.id, 'delivered');
    expect(await messageOf(started.id)).toMatchObject({ text: null });
  });

  it.each([
    ['timeout', 'before'],
    ['reset', 'before'],
    [502, 'before'],
  ] as const)('%s, %s: nobody sends again but at the holder’s wish', async (answer, when) => {
    await world.sandbox.behave({ faults: [{ answer, when }] });
    const number = freshNumber();
    const started = await world.start(holder, number);
    await until(async () => (await messageOf(started.id)).reason !== null, 'an unknown outcome');
    await pause(1_500);
    expect(await messageOf(started.id)).toMatchObject({ state: 'sending', text: null, attempts: 1 });
    expect(await paidFor(number)).toBe(0);

    await world.database.query('UPDATE verifications SET resend_after = now() WHERE id = $1', [started.id]);
    await world.rpc['verification.resend']({ id: started.id, account: holder.account });
    expect(await proves(started)).toBe('valid');
    expect(await paidFor(number)).toBe(1);
  });

  it.each([
    ['timeout', 'after'],
    ['reset', 'after'],
    [502, 'after'],
  ] as const)('%s, %s taking it: it is sent once, and the receipt tells', async (answer, when) => {
    await world.sandbox.behave({ faults: [{ answer, when }] });
    const number = freshNumber();
    const started = await world.start(holder, number);
    expect(await proves(started)).toBe('valid');
    await world.untilDelivery(holder, started.id, 'delivered');
    await pause(1_500);
    expect(await paidFor(number)).toBe(1);
    expect(await messageOf(started.id)).toMatchObject({ attempts: 1 });
  });

  it('for good, the message fails and is not tried again', async () => {
    const number = freshNumber();
    await world.sandbox.behave({ numbers: { [number]: 'refused' } });
    const started = await world.start(holder, number);
    await world.untilDelivery(holder, started.id, 'failed');
    expect(await messageOf(started.id)).toMatchObject({ reason: 'HTTP_422', attempts: 1, text: null });
    expect(await redis.keys('*:messages:*-*-*')).toEqual([]);
  });

  it('again and again, it is given up', async () => {
    await world.sandbox.behave({ faults: [{ answer: 503, times: 100 }] });
    const started = await world.start(holder, freshNumber());
    await until(async () => (await messageOf(started.id)).attempts >= 2, 'a second attempt');
    await world.database.query('UPDATE messages SET attempts = 5 WHERE verification_id = $1', [started.id]);
    await world.untilDelivery(holder, started.id, 'failed');
    expect(await messageOf(started.id)).toMatchObject({ reason: 'HTTP_503', text: null });
  });
});

describe('a message is not sent any more', () => {
  it('when its verification ended while it waited', async () => {
    await world.sandbox.behave({ faults: [{ answer: 503 }] });
    const number = freshNumber();
    const started = await world.start(holder, number);
    await until(async () => (await messageOf(started.id)).reason === 'HTTP_503', 'a first attempt');
    await world.database.query('UPDATE verifications SET expires_at = now() WHERE id = $1', [started.id]);
    await world.untilDelivery(holder, started.id, 'failed');
    expect(await paidFor(number)).toBe(0);
    expect(await messageOf(started.id)).toMatchObject({ text: null, reason: 'NOT_WANTED' });
  });
});

describe('receipts', () => {
  it.each(['undeliverable', 'rejected'] as const)('%s: the message has failed', async (outcome) => {
    const number = freshNumber();
    await world.sandbox.behave({ numbers: { [number]: outcome } });
    const started = await world.start(holder, number);
    await world.untilDelivery(holder, started.id, 'failed');
  });

  it('twice and in the wrong order end where they should', async () => {
    await world.sandbox.behave({ receipts: { duplicate: true, reverse: true } });
    const started = await world.start(holder, freshNumber());
    await world.untilDelivery(holder, started.id, 'delivered');
    await pause(300);
    expect(await messageOf(started.id)).toMatchObject({ state: 'delivered' });
  });

  it.each(['absent', 'wrong-secret', 'wrong-hash', 'stale'] as const)(
    'with signature %s change nothing',
    async (signature) => {
      await world.sandbox.behave({ receipts: { signature } });
      const started = await world.start(holder, freshNumber());
      await world.untilDelivery(holder, started.id, 'sent');
      await pause(300);
      expect(await messageOf(started.id)).toMatchObject({ state: 'sent' });
    },
  );

  it('forged for a message, by whoever knows its id, are refused', async () => {
    const number = freshNumber();
    await world.sandbox.behave({ numbers: { [number]: 'lost' } });
    const started = await world.start(holder, number);
    await world.untilDelivery(holder, started.id, 'sent');
    const { id } = await messageOf(started.id);
    const body = JSON.stringify({ client_ref: id, status: 'delivered', timestamp: new Date().toISOString() });
    const token = (secret: string, hashed = body, algorithm = 'HS256') =>
      new SignJWT({ payload_hash: createHash('sha256').update(hashed).digest('hex') })
        .setProtectedHeader({ alg: algorithm })
        .setIssuedAt()
        .sign(new TextEncoder().encode(secret));
    const report = async (jwt: string, text = body) =>
      codeOf(world.rpc['delivery.report']({ authorization: `Bearer ${jwt}`, body: text }));
    expect(await codeOf(world.rpc['delivery.report']({ authorization: '', body }))).toBe('WEBHOOK_UNSIGNED');
    expect(await report(await token(`${signatureSecret}x`))).toBe('WEBHOOK_UNSIGNED');
    expect(await report(await token(signatureSecret, '{}'))).toBe('WEBHOOK_UNSIGNED');
    expect(await report(await token(signatureSecret, body, 'HS384'))).toBe('WEBHOOK_UNSIGNED');
    expect(await messageOf(started.id)).toMatchObject({ state: 'sent' });
    expect(await report(await token(signatureSecret, 'x'), 'x')).toBe('REQUEST_MALFORMED');
    expect(await report(await token(signatureSecret))).toBe('ok');
    expect(await messageOf(started.id)).toMatchObject({ state: 'delivered' });
  });
});

describe('when Redis', () => {
  it('holds anything, it is ids only', async () => {
    await world.sandbox.behave({ faults: [{ answer: 503, times: 2 }] });
    const number = freshNumber();
    const started = await world.start(holder, number);
    await until(async () => (await messageOf(started.id)).attempts >= 1, 'a first attempt');
    const { id } = await messageOf(started.id);
    const key = (await redis.keys(`*:${id}`))[0]!;
    const job = JSON.stringify(await redis.hgetall(key));
    expect(job).toContain(id);
    expect(job).not.toMatch(/7700900|callbook\.example|\/apps\//);
    expect(JSON.parse((await redis.hget(key, 'data'))!)).toEqual({ message: id });
    expect(await proves(started)).toBe('valid');
    await until(async () => (await redis.exists(key)) === 0, 'the job to be gone');
  });

  it('has the same message many times, it is sent once', async () => {
    await world.sandbox.behave({ faults: [{ answer: 503 }] });
    const number = freshNumber();
    const started = await world.start(holder, number);
    await until(async () => (await messageOf(started.id)).reason === 'HTTP_503', 'a first attempt');
    const { id } = await messageOf(started.id);
    const queue = new Queue(messageQueue, { connection: redis, prefix: queuePrefix });
    await queue.addBulk(Array.from({ length: 20 }, () => ({ name: 'deliver', data: { message: id } })));
    expect(await proves(started)).toBe('valid');
    await pause(1_500);
    await queue.close();
    expect(await paidFor(number)).toBe(1);
    expect(await messageOf(started.id)).toMatchObject({ attempts: 2 });
  });

  it('forgets everything, messages go out all the same', async () => {
    await world.sandbox.behave({ faults: [{ answer: 503, times: 3 }] });
    const numbers = [freshNumber(), freshNumber(), freshNumber()];
    const started = await Promise.all(numbers.map((number) => world.start(holder, number)));
    await redis.flushall();
    for (const each of started) expect(await proves(each)).toBe('valid');
    expect(await Promise.all(numbers.map(paidFor))).toEqual([1, 1, 1]);
  });

  it('is away, verifications start, and messages go out when it is back', async () => {
    await world.servers.redis.kill('SIGKILL');
    const number = freshNumber();
    const begun = Date.now();
    const started = await world.start(holder, number);
    expect(Date.now() - begun).toBeLessThan(5_000);
    expect(await world.rpc['verification.read']({ id: started.id, account: holder.account })).toMatchObject({
      delivery: 'queued',
    });
    await world.servers.redis.start();
    expect(await proves(started)).toBe('valid');
    expect(await paidFor(number)).toBe(1);
  });

  it('may throw keys away, identity does not start', async () => {
    await redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
    await expect(world.addReplica()).rejects.toThrow(/would_lose_jobs/);
    await redis.config('SET', 'maxmemory-policy', 'noeviction');
  });
});

describe('when PostgreSQL is away', () => {
  it('every request is told to come back, and nothing is lost', async () => {
    const number = freshNumber();
    const started = await world.start(holder, number);
    const secret = await world.secretOf(holder, started);
    await world.servers.postgres.kill('SIGKILL');
    const { account } = holder;
    expect(await codeOf(world.rpc['verification.read']({ id: started.id, account }))).toBe('UNAVAILABLE');
    expect(await codeOf(world.rpc['verification.claim']({ id: started.id, account, secret }))).toBe('UNAVAILABLE');
    expect(await codeOf(world.start(holder, freshNumber()))).toBe('UNAVAILABLE');
    await world.servers.postgres.start();
    expect(await proves(started)).toBe('valid');
  });
});

describe('when identity', () => {
  it('is killed while the provider has the message, it is sent once, and the holder is not stuck', async () => {
    await world.sandbox.behave({ delayMs: 800 });
    const number = freshNumber();
    const started = await world.start(holder, number);
    await until(async () => (await paidFor(number)) === 1, 'the provider to take it');
    await world.replicas.at(-1)!.stop('SIGKILL');
    await world.sandbox.behave({});
    await world.addReplica();
    await world.untilDelivery(holder, started.id, 'delivered').catch(() => {});
    await pause(1_500);
    expect(await paidFor(number)).toBe(1);
    expect(await proves(started)).toBe('valid');
  });

  it('is killed with messages queued, another sends them, each once', async () => {
    await world.sandbox.behave({ faults: [{ answer: 503, times: 10 }] });
    const numbers = Array.from({ length: 10 }, freshNumber);
    const started = await Promise.all(numbers.map((number) => world.start(holder, number)));
    await world.replicas.at(-1)!.stop('SIGKILL');
    await world.sandbox.behave({});
    await redis.flushall();
    await world.addReplica();
    const stuck = await Promise.all(
      started.map(async ({ id }) => (await messageOf(id)).state === 'sending' && (await messageOf(id)).reason === null),
    );
    for (const [index, each] of started.entries()) {
      if (stuck[index]) continue;
      expect(await proves(each)).toBe('valid');
      expect(await paidFor(numbers[index]!)).toBe(1);
    }
    expect(stuck.filter(Boolean).length).toBeLessThan(10);
  });

  it('is asked to end, it does so in order', async () => {
    const replica = await world.addReplica();
    expect(await replica.stop()).toBe(0);
  });
});

it('logs neither number, text, secret nor credential through all of this', () => {
  const logs = world.replicas.map((replica) => replica.output()).join('');
  expect(logs).not.toMatch(/7700900|callbook\.example: |test account|Bearer|Basic /);
  expect(logs).not.toContain(holder.account);
});
