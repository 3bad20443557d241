import {
  bindingPublishedSubject,
  bindingsStream,
  records,
  rpcSubject,
  signer as contract,
  type BindingContent,
} from '@callbook/contracts';
import { Name, RRType } from '@callbook/dns';
import { clientOf, ensureStream, jetStreamOf, publish } from '@callbook/process';
import type { NatsConnection } from '@nats-io/transport-node';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { connectAs, sql, startSignerServers, type SignerServers } from './servers.js';
import { startSigner, type SignerProcess } from './signer-process.js';
import { binding, World } from './signer-world.js';

// Every test starts processes, and a busy machine takes many seconds for one.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let servers: SignerServers;
let world: World;
let [asRecords, asGateway, asOperator]: NatsConnection[] = [];
const started: SignerProcess[] = [];

beforeAll(async () => {
  servers = await startSignerServers();
  world = new World(servers, await connectAs(servers, 'signer'), await connectAs(servers, 'all'));
  [asRecords, asGateway, asOperator] = await Promise.all([
    connectAs(servers, 'records'),
    connectAs(servers, 'gateway'),
    connectAs(servers, 'operator'),
  ]);
  // `records`, as far as the signer asks it.
  asRecords.subscribe(rpcSubject(records.name, 'binding.export'), {
    callback: (_, message) =>
      void world.records.source['binding.export'](message.json()).then((ok) => message.respond(JSON.stringify({ ok }))),
  });
});
beforeEach(async () => {
  await world.wipe();
  world = new World(world.servers, world.nats, world.observer);
  await ensureStream(asRecords!, bindingsStream);
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((signer) => signer.kill('SIGKILL')));
});
afterAll(async () => {
  await Promise.all([world?.nats, world?.observer, asRecords, asGateway, asOperator].map((nats) => nats?.close()));
  await servers?.stop();
});

const start = async (settings?: Readonly<Record<string, string>>) => {
  const signer = await startSigner(servers, settings);
  started.push(signer);
  return signer;
};
/** As the outbox of `records` does: until the stream has it. */
async function tell(...contents: BindingContent[]): Promise<void> {
  world.records.take(contents);
  for (const content of contents) {
    const id = randomUUID();
    for (;;) {
      const told = await publish(jetStreamOf(asRecords!), bindingPublishedSubject, JSON.stringify(content), {
        id,
      }).then(
        () => true,
        () => false,
      );
      if (told) break;
      await pause(100);
    }
  }
}
const published = (content: BindingContent, wait = 10_000) =>
  clientOf(contract, asGateway!)['publication.await']({
    identifier: content.identifier,
    sequence: content.sequence,
    wait,
  });
const audit = () => clientOf(contract, asOperator!)['zone.audit']({});
const clean = { missing: 0, surplus: 0, different: 0, badSignatures: 0 };

async function expectSound(): Promise<void> {
  expect(await audit()).toMatchObject(clean);
  expect((await world.replica()).content).toEqual(await world.stored());
}

async function until(holds: () => Promise<boolean>, within = 60_000): Promise<void> {
  const end = Date.now() + within;
  while (!(await holds().catch(() => false))) {
    if (Date.now() > end) throw new Error('it did not come to that in time');
    await pause(50);
  }
}

describe('the signer', () => {
  it('signs what records publishes, tells who waits, and answers what the zone is', async () => {
    const signer = await start();
    const head = await clientOf(contract, asGateway!)['zone.head']({});
    expect(head).toMatchObject({ apex: 'callbook.example.', suffixes: { sip: 'sip.callbook.example.' } });
    const waiting = published(binding(100));
    await tell(binding(100), binding(101));
    const { serial } = await waiting;
    expect((await world.replica()).serial).toBeGreaterThanOrEqual(serial);
    await published(binding(101));
    await expectSound();
    expect(await signer.metric('callbook_signer_leading')).toBe(1);
    expect(await signer.metric('callbook_signer_signature_remaining_seconds')).toBeGreaterThan(14 * 86_400);
  });

  it('tells a waiting gateway that it is not there yet', async () => {
    await start();
    await expect(published(binding(100), 50)).rejects.toMatchObject({ code: 'PUBLICATION_PENDING' });
  });

  it('says no number, address or key, whatever it logs or measures', async () => {
    const signer = await start({ CALLBOOK_LOG_LEVEL: 'debug' });
    await tell(binding(100), binding(101, 1, { keys: [{ use: 'identity', format: 'spki', value: 'AAAA' }] }));
    await published(binding(100));
    await until(async () => signer.output().includes('consumer.failed'));
    for (const secret of ['4477009', '9.0.0.7.7.4.4', 'example.net', Buffer.alloc(32, 1).toString('base64url')])
      expect(signer.output()).not.toContain(secret);
  });

  it('makes good what events that were lost left undone', async () => {
    world.records.take([binding(100), binding(101)]);
    await start();
    await published(binding(101));
    await expectSound();
    // The stream goes, and with it an event that nobody read.
    world.records.take([binding(102)]);
    await world.wipeStreams();
    await ensureStream(asRecords!, bindingsStream);
    await published(binding(102));
    await until(async () => (await world.replica()).content.length > 0);
    await expectSound();
    expect(await clientOf(contract, asOperator!)['zone.reconcile']({})).toEqual({ bindings: 3, behind: 0, refused: 0 });
  });

  it('drops an event that cannot be read, and goes on', async () => {
    await start();
    await publish(jetStreamOf(asRecords!), bindingPublishedSubject, 'no JSON', { id: randomUUID() });
    await tell(binding(100));
    await published(binding(100));
    await expectSound();
  });

  it('does not start with a key-encryption key that does not open its keys', async () => {
    await (await start()).kill('SIGTERM');
    const other = Buffer.alloc(32, 9).toString('base64url');
    await expect(startSigner(servers, { CALLBOOK_KEY_ENCRYPTION_KEY: other })).rejects.toThrow('the signer ended');
  });

  it("takes the operator's file whenever it changes, and says line and reason when it cannot", async () => {
    const dir = mkdtempSync(path.join(tmpdir(), 'callbook-static-'));
    const file = path.join(dir, 'static.zone');
    const write = (text: string) => {
      writeFileSync(`${file}.new`, text);
      renameSync(`${file}.new`, file);
    };
    const addresses = async (name: string) =>
      (await world.replica()).find(Name.parse(`${name}.callbook.example`), RRType.A).length;
    try {
      write('www A 192.0.2.80\n');
      const signer = await start({ CALLBOOK_STATIC_RECORDS: file });
      expect(await addresses('www')).toBe(1);
      write('ftp A 192.0.2.21\nftp CNAME www\n');
      await until(async () => (await signer.metric('callbook_signer_static_refused')) === 1);
      expect(signer.output()).toMatch(
        /"line":2,"code":"CNAME_NOT_ALONE","message":"[^"]+"[^\n]*static_records.problem/,
      );
      expect(await addresses('www')).toBe(1);
      write('ftp A 192.0.2.21\n');
      await until(async () => (await addresses('ftp')) === 1);
      await until(async () => (await signer.metric('callbook_signer_static_refused')) === 0);
      expect(await addresses('www')).toBe(0);
      await expectSound();
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });

  it('ends in good order when it is asked to', async () => {
    const signer = await start();
    await tell(binding(100));
    await published(binding(100));
    expect(await signer.kill('SIGTERM')).toBe(0);
  });
});

describe('two signers', () => {
  it('one leads, the other stands by, ready, and takes over when the first is killed', async () => {
    const first = await start();
    const second = await start();
    expect(await second.metric('callbook_signer_leading')).toBe(0);
    await tell(binding(100));
    await published(binding(100));
    const killed = Date.now();
    await first.kill('SIGKILL');
    await tell(binding(101));
    await until(() => published(binding(101), 100).then(() => true));
    expect(Date.now() - killed).toBeLessThan(10_000);
    expect(await second.metric('callbook_signer_leading')).toBe(1);
    await expectSound();
  });

  it('the leader stands by when it loses the lock, or leads again; the process stays', async () => {
    const first = await start();
    const second = await start();
    for (let times = 0; times < 3; times += 1) {
      await sql(
        servers,
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'callbook-signer-leader'
         AND pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted)`,
      );
      await tell(binding(100 + times));
      await until(() => published(binding(100 + times), 100).then(() => true));
      await until(async () => (await first.isReady()) && (await second.isReady()));
      await until(async () => (await leading(first)) + (await leading(second)) === 1);
    }
    await expectSound();
  });
});

const leading = (signer: SignerProcess) => signer.metric('callbook_signer_leading');

it(
  'the database dies under load, again and again: the leader stays, leads again, and nothing is lost',
  { timeout: 60_000 },
  async () => {
    const leader = await start();
    const events = Array.from({ length: 120 }, (_, n) => binding(n % 40, 1 + Math.floor(n / 40)));
    let ended = false;
    void leader.ended.then(() => (ended = true));
    const telling = (async () => {
      for (const event of events) {
        await tell(event);
        await pause(10);
      }
    })();
    for (let times = 0; times < 4; times += 1) {
      await pause(200 * times);
      await servers.postgres.kill('SIGKILL');
      await until(async () => !(await leader.isReady()));
      await servers.postgres.start();
      if (times % 2 === 0) await until(() => leader.isReady());
    }
    await telling;
    await until(() => leader.isReady());
    for (const event of events.slice(80)) await until(() => published(event, 1_000).then(() => true));
    await expectSound();
    expect(ended).toBe(false);
    expect(await leading(leader)).toBe(1);
  },
);

it('no acknowledged event is lost, whatever is killed', async () => {
  let leader = await start();
  const events = Array.from({ length: 120 }, (_, n) => binding(n % 40, 1 + Math.floor(n / 40)));
  const telling = (async () => {
    for (const event of events) {
      await tell(event);
      await pause(10);
    }
  })();
  for (const what of ['signer', 'nats', 'signer', 'postgres', 'signer'] as const) {
    await pause(300);
    if (what === 'signer') {
      await leader.kill('SIGKILL');
      leader = await start();
    } else if (what === 'nats') {
      await servers.nats.kill('SIGKILL');
      await servers.nats.start();
    } else {
      await servers.postgres.kill('SIGKILL');
      await servers.postgres.start();
    }
  }
  await telling;
  await until(async () => (await leading(leader)) === 1);
  for (const event of events.slice(80)) await until(() => published(event, 1_000).then(() => true));
  await expectSound();
});
