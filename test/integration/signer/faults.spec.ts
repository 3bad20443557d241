import { journalStream, journalSubject } from '@callbook/contracts';
import { Name, RRType, serialCompare } from '@callbook/dns';
import { managerOf } from '@callbook/process';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { configureZone } from '../../../apps/signer/src/publish/configure-zone.js';
import { LeadershipLost } from '../../../apps/signer/src/publish/signing-zone.js';
import { connectAs, sql, startSignerServers, tables, type SignerServers } from './servers.js';
import { apex, binding, World, type Signer, type SignerOptions } from './signer-world.js';

let servers: SignerServers;
let world: World;
const open: Signer[] = [];

beforeAll(async () => {
  servers = await startSignerServers();
  world = new World(servers, await connectAs(servers, 'signer'), await connectAs(servers, 'all'));
});
beforeEach(async () => {
  await world.wipe();
  world = new World(world.servers, world.nats, world.observer);
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((signer) => signer.close()));
});
afterAll(async () => {
  await Promise.all([world?.nats.close(), world?.observer.close()]);
  await servers?.stop();
});

const start = async (options?: SignerOptions, whole = true) => {
  const signer = await (whole ? world.startWhole(options) : world.start(options));
  open.push(signer);
  return signer;
};

/** What must hold at any time: signed state, rebuild, and what a replica gets are the same. */
async function expectSound(signer: Signer): Promise<void> {
  expect(await signer.audit()).toMatchObject({ missing: 0, surplus: 0, different: 0, badSignatures: 0 });
  expect((await world.replica()).content).toEqual(await world.stored());
}

const hows = ['and had no effect', 'after taking effect'] as const;
type How = (typeof hows)[number];

/** The first call of this effect fails. */
function failing<T extends object>(target: T, effect: keyof T, how: How): T {
  let failed = false;
  return new Proxy(target, {
    get(object, key) {
      const value: unknown = Reflect.get(object, key, object);
      if (typeof value !== 'function') return value;
      return async (...args: unknown[]) => {
        if (key !== effect || failed) return value.apply(object, args);
        failed = true;
        if (how === 'after taking effect') await value.apply(object, args);
        throw new Error(`${String(effect)} failed`);
      };
    },
  });
}

const storeEffects = ['commit', 'markAppended', 'keep'] as const;
const feedEffects = ['append', 'publishPointer', 'putObject', 'keepObjects', 'publishDenialKeys'] as const;
const effects = [...storeEffects, ...feedEffects];

const faulty = (effect: (typeof effects)[number], how: How): SignerOptions =>
  (storeEffects as readonly string[]).includes(effect)
    ? { store: (store) => failing(store, effect as (typeof storeEffects)[number], how) }
    : { feed: (feed) => failing(feed, effect as (typeof feedEffects)[number], how) };

describe.each(effects)('when %s reports an error', (effect) => {
  describe.each(hows)('%s', (how) => {
    it('at the first start, the next start makes the zone whole', async () => {
      const signer = await start(faulty(effect, how), false);
      await configureZone(signer.signing).catch(() => {});
      await signer.snapshot().catch(() => {});
      await signer.sign([binding(1)]).catch(() => {});
      const restarted = await start();
      await restarted.reconcile();
      await expectSound(restarted);
    });

    it('while publishing, the next start makes the zone whole', async () => {
      const first = await start();
      await first.sign([binding(1), binding(2)]);
      const serial = first.signing.appendedSerial!;
      const signer = await start(faulty(effect, how), false);
      const events = [binding(1, 2, { routes: binding(1).routes }), binding(2, 2), binding(3)];
      await signer.sign(events.slice(0, 1)).catch(() => {});
      await signer.sign(events).catch(() => {});
      const restarted = await start();
      await restarted.sign(events);
      await expectSound(restarted);
      expect(serialCompare(restarted.signing.appendedSerial!, serial)).toBeGreaterThan(0);
    });

    it('while publishing, the same process goes on when the events come again', async () => {
      const signer = await start(faulty(effect, how), false);
      const twice = async (act: () => Promise<unknown>) => {
        await act().catch(() => {});
        await act();
      };
      await twice(() => configureZone(signer.signing));
      await twice(() => signer.snapshot());
      await twice(() => signer.sign([binding(1), binding(2)]));
      await twice(() => signer.sign([binding(1, 2, { routes: binding(1).routes })]));
      await expectSound(signer);
      expect(signer.lost).toEqual([]);
    });
  });
});

describe('two signers', () => {
  it('cannot both publish: the older one is refused, and ends', async () => {
    const old = await start();
    await old.sign([binding(1)]);
    const young = await start();
    await expect(old.sign([binding(2)])).rejects.toThrow(LeadershipLost);
    expect(old.lost).toHaveLength(1);
    await young.sign([binding(2)]);
    await expect(old.sign([binding(3)])).rejects.toThrow(LeadershipLost);
    await young.sign([binding(3)]);
    await expectSound(young);
  });

  it('leave no fork when the older one had committed and not yet appended', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    const old = await start({
      feed: (feed) => {
        const append = feed.append.bind(feed);
        let calls = 0;
        return Object.assign(feed, {
          append: async (...args: Parameters<typeof append>) => {
            calls += 1;
            if (calls === 1) await held;
            return append(...args);
          },
        });
      },
    });
    const late = old.sign([binding(1)]);
    while ((await sql(servers, 'SELECT 1 FROM journal')).length === 0)
      await new Promise((tick) => setTimeout(tick, 10));
    const young = await start();
    await young.sign([binding(2)]);
    release();
    await late.catch(() => {});
    await young.sign([binding(3)]);
    await expectSound(young);
  });
});

describe('what was lost', () => {
  const journal = async () => (await managerOf(world.observer)).streams;

  it.each(['while the signer runs', 'before it starts'])(
    'JetStream, wiped %s: comes back from the database',
    async (when) => {
      const first = await start();
      await first.sign([binding(1), binding(2)]);
      const serial = first.signing.appendedSerial!;
      await world.wipeStreams();
      const signer = when === 'before it starts' ? await start() : first;
      await signer.signing.relevel();
      await signer.snapshot();
      await expectSound(signer);
      await signer.sign([binding(3)]);
      await expectSound(signer);
      expect(serialCompare(signer.signing.appendedSerial!, serial)).toBeGreaterThan(0);
    },
  );

  it('JetStream, wiped under a change: the change is made, and a snapshot', async () => {
    const signer = await start();
    await world.wipeStreams();
    await signer.sign([binding(1)]).catch(() => {});
    await signer.sign([binding(1)]);
    await signer.snapshot();
    await expectSound(signer);
  });

  it('the whole database, restored from an old dump: the serial goes on, and records are made good', async () => {
    const first = await start();
    await first.sign([binding(1)]);
    for (const table of tables) await sql(servers, `CREATE TABLE old_${table} AS TABLE ${table}`);
    await first.sign([binding(2), binding(1, 2, { routes: [], keys: [] })]);
    const serial = (await world.replica()).serial;
    await sql(servers, `TRUNCATE ${tables.join(', ')}`);
    for (const table of tables) await sql(servers, `INSERT INTO ${table} SELECT * FROM old_${table}`);
    for (const table of tables) await sql(servers, `DROP TABLE old_${table}`);

    const signer = await start();
    expect((await world.replica()).serial, 'what a replica is led to that starts before').toBe(serial);
    await signer.reconcile();
    expect(await signer.leaveJournal()).toBe('journal-gap');
    await expectSound(signer);
    const replica = await world.replica();
    expect(serialCompare(replica.serial, serial)).toBeGreaterThan(0);
    expect(replica.find(Name.parse('1.0.0.0.0.9.0.0.7.7.4.4.e164.callbook.example'), RRType.NAPTR)).toEqual([]);
  });

  it('the tables: the zone is signed again by new keys, after the serials that were seen', async () => {
    const first = await start();
    await first.sign([binding(1)]);
    const { serial } = await world.replica();
    await sql(servers, `TRUNCATE ${tables.join(', ')}`);
    const signer = await start();
    await signer.reconcile();
    await signer.leaveJournal();
    await expectSound(signer);
    expect(serialCompare((await world.replica()).serial, serial)).toBeGreaterThan(0);
  });

  it('signatures: an audit says so, and a reconciliation does not hide it', async () => {
    const signer = await start();
    await signer.sign([binding(1)]);
    await sql(servers, `UPDATE rrset SET signatures = (SELECT signatures FROM rrset WHERE type = 2) WHERE type = 35`);
    expect(await signer.audit()).toMatchObject({ missing: 0, badSignatures: 1 });
  });

  it('events: a reconciliation makes them good', async () => {
    const signer = await start();
    world.records.take([binding(1), binding(2)]);
    expect(await signer.audit()).toMatchObject({ missing: 4 });
    expect(await signer.reconcile()).toEqual({ bindings: 2, behind: 2, refused: 0 });
    expect(await signer.reconcile()).toEqual({ bindings: 2, behind: 0, refused: 0 });
    await expectSound(signer);
  });

  it('a binding that cannot be signed does not keep back the others', async () => {
    const signer = await start();
    world.records.take([binding(1), binding(2, 1, { keys: [{ use: 'identity', format: 'spki', value: 'AAAA' }] })]);
    expect(await signer.reconcile()).toMatchObject({ refused: 1 });
    await expectSound(signer);
  });

  it('the snapshot object, or the start of the journal: a new snapshot is made', async () => {
    const signer = await start({ settings: { snapshotEntries: 3 } });
    for (let n = 0; n < 3; n += 1) await signer.sign([binding(n)]);
    expect(await signer.snapshot()).toBe('entries');
    await signer.sign([binding(5)]);
    const streams = await journal();
    await streams.purge(journalStream.name, { filter: journalSubject(apex) });
    await signer.signing.relevel();
    expect(await signer.snapshot()).toBe('journal-gap');
    await signer.sign([binding(6)]);
    await expectSound(signer);
  });

  it('but two snapshots are kept', async () => {
    const signer = await start({ settings: { snapshotEntries: 1 } });
    for (let n = 0; n < 5; n += 1) {
      await signer.sign([binding(n)]);
      await signer.snapshot();
    }
    const { state } = await (await journal()).info('OBJ_zone-snapshots', { subjects_filter: '$O.zone-snapshots.C.>' });
    expect(Object.keys(state.subjects ?? {})).toHaveLength(2);
  });
});

it('a key that was sealed is nowhere else in the database', async () => {
  const signer = await start();
  await signer.sign([binding(1)]);
  const [row] = await sql<{ found: number }>(
    servers,
    // The beginning of every PKCS#8 of an EC key: SEQUENCE, version 0, AlgorithmIdentifier id-ecPublicKey.
    `SELECT count(*)::int AS found FROM (SELECT sealed AS octets FROM zone_key UNION ALL SELECT records FROM rrset
     UNION ALL SELECT entry FROM journal) AS everything WHERE position('\\x2a8648ce3d0201'::bytea IN octets) > 0
     AND position('\\x0201000201'::bytea IN octets) >= 0 AND length(octets) > 100
     AND position('\\x3081'::bytea IN octets) > 0 AND position('\\x0201003013'::bytea IN octets) > 0`,
  );
  expect(row!.found).toBe(0);
});
