import { DenialKeys, denialKeysSubject, zoneStateStream } from '@callbook/contracts';
import { dnskey, RRType, serialCompare } from '@callbook/dns';
import { managerOf } from '@callbook/process';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { connectAs, sql, startSignerServers, tables, type SignerServers } from './servers.js';
import { apex, World, type Signer, type SignerOptions } from './signer-world.js';

vi.setConfig({ testTimeout: 120_000 });

let servers: SignerServers;
let world: World;
const open: Signer[] = [];

beforeAll(async () => {
  servers = await startSignerServers();
  world = new World(servers, await connectAs(servers, 'signer'), await connectAs(servers, 'all'));
});
beforeEach(async () => {
  await world.wipe();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((signer) => signer.close()));
});
afterAll(async () => {
  await Promise.all([world?.nats.close(), world?.observer.close()]);
  await servers?.stop();
});

describe('denial keys', () => {
  const day = 86_400_000;

  const handedOut = async () => {
    const { streams } = await managerOf(world.observer);
    const message = await streams.getMessage(zoneStateStream.name, { last_by_subj: denialKeysSubject(apex) });
    return DenialKeys.parse(message!.json()).keys;
  };
  const shown = async () =>
    (await world.replica()).find(apex, RRType.DNSKEY).filter(({ rdata }) => dnskey.read(rdata).flags === 256).length -
    1;
  const privateHalves = async () =>
    (await sql<{ n: number }>(servers, `SELECT count(*)::int AS n FROM zone_key WHERE length(sealed) > 0`))[0]!.n - 2;

  /** A signer whose clock, and whose database's, is ours to move. */
  const startAt = async (time: () => number) => {
    const store: SignerOptions['store'] = (real) => Object.assign(real, { clock: async () => time() });
    const signer = await world.startWhole({ clock: time, store });
    open.push(signer);
    return signer;
  };

  it('rotate by themselves for weeks, with a restart at each step, and leave no private half behind', async () => {
    let now = Date.now();
    const seen: string[] = [];
    for (let look = 0; look < 44; look += 1) {
      const signer = await startAt(() => now);
      await signer.rotate();
      const keys = await handedOut();
      const replica = await world.replica();
      const tags = replica.find(apex, RRType.DNSKEY).length;
      expect(tags).toBe(2 + keys.length);
      expect(await privateHalves()).toBe(keys.length);
      expect(keys.length).toBeLessThanOrEqual(2);
      seen.push(keys.map(({ tag }) => tag).join());
      await signer.close();
      open.pop();
      now += 0.5 * day;
    }
    // 22 days are three keys, each shown alone, then with the next.
    expect(new Set(seen).size).toBeGreaterThanOrEqual(5);
    const [row] = await sql<{ n: number }>(
      servers,
      `SELECT count(*)::int AS n FROM zone_key WHERE retired_at IS NOT NULL`,
    );
    expect(row!.n).toBeGreaterThanOrEqual(2);
  });

  it.each(['addKeys', 'commit', 'setSignsFrom', 'retireKey', 'forgetRetiredKeys'] as const)(
    'rotate on after %s failed, before or after its effect',
    async (effect) => {
      for (const takesEffect of [false, true]) {
        await world.wipe();
        let now = Date.now();
        let dies = false;
        const faulty = <T extends object>(target: T): T =>
          new Proxy(target, {
            get: (object, key) => {
              const value: unknown = Reflect.get(object, key, object);
              if (typeof value !== 'function') return value;
              return async (...args: unknown[]) => {
                if (key === 'clock') return now;
                if (key !== effect || !dies) return value.apply(object, args);
                dies = false;
                if (takesEffect) await value.apply(object, args);
                throw new Error('it died here');
              };
            },
          });
        const signer = await world.startWhole({ clock: () => now, store: faulty });
        open.push(signer);
        for (let look = 0; look < 30; look += 1) {
          dies = look % 3 === 0;
          await signer.rotate().catch(() => {});
          now += 0.5 * day;
        }
        dies = false;
        await signer.rotate();
        const keys = await handedOut();
        expect(await shown()).toBe(keys.length);
        expect(await privateHalves()).toBe(keys.length);
        const [retired] = await sql<{ n: number }>(
          servers,
          'SELECT count(*)::int AS n FROM zone_key WHERE retired_at IS NOT NULL',
        );
        expect(retired!.n).toBeGreaterThanOrEqual(1);
      }
    },
  );

  it('do not move for a clock that jumped', async () => {
    let ahead = 0;
    const signer = await world.startWhole({ clock: () => Date.now() + ahead });
    open.push(signer);
    ahead = 30 * day;
    await expect(signer.rotate()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(await shown()).toBe(1);
  });

  it('that an old dump does not know are taken over from what replicas have', async () => {
    let now = Date.now();
    const first = await startAt(() => now);
    for (const table of tables) await sql(servers, `CREATE TABLE old_${table} AS TABLE ${table}`);
    now += 6 * day;
    await first.rotate();
    expect(await shown()).toBe(2);
    const before = (await handedOut()).map(({ tag, signsFrom }) => `${tag} ${signsFrom}`);
    const { serial } = await world.replica();
    await sql(servers, `TRUNCATE ${tables.join(', ')}`);
    for (const table of tables) await sql(servers, `INSERT INTO ${table} SELECT * FROM old_${table}`);
    for (const table of tables) await sql(servers, `DROP TABLE old_${table}`);

    const signer = await startAt(() => now);
    await signer.signing.relevel();
    await signer.snapshot();
    expect((await handedOut()).map(({ tag, signsFrom }) => `${tag} ${signsFrom}`)).toEqual(before);
    expect(await shown()).toBe(2);
    expect(serialCompare((await world.replica()).serial, serial)).toBeGreaterThan(0);
  });
});
