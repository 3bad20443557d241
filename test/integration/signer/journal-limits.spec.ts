import { journalStream, maximumEntryOctets } from '@callbook/contracts';
import { managerOf } from '@callbook/process';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { connectAs, startSignerServers, type SignerServers } from './servers.js';
import { binding, settings, World, type Signer } from './signer-world.js';

vi.setConfig({ testTimeout: 60_000 });

let servers: SignerServers;
let world: World;
const open: Signer[] = [];

beforeAll(async () => {
  servers = await startSignerServers();
  world = new World(servers, await connectAs(servers, 'signer'), await connectAs(servers, 'all'));
});
beforeEach(() => world.wipe());
afterEach(async () => {
  await Promise.all(open.splice(0).map((signer) => signer.close()));
});
afterAll(async () => {
  await Promise.all([world?.nats.close(), world?.observer.close()]);
  await servers?.stop();
});

const start = async () => {
  const signer = await world.startWhole();
  open.push(signer);
  return signer;
};
const streams = async () => (await managerOf(world.observer)).streams;

describe('the journal', () => {
  it('keeps what a secondary needs that has not given up its zone, and leads on from every snapshot', async () => {
    await start();
    const { config } = await (await streams()).info(journalStream.name);
    const keptMs = config.max_age / 1_000_000;
    expect(keptMs).toBeGreaterThanOrEqual(settings.soaExpire);
    expect(keptMs).toBeGreaterThan(settings.snapshotEvery);
    expect([config.max_msgs, config.max_bytes, config.max_msgs_per_subject]).toEqual([-1, -1, -1]);
  });

  it('that an operator gave less room loses its oldest entries, and a snapshot makes up for them', async () => {
    const signer = await start();
    await (await streams()).update(journalStream.name, { max_msgs: 3 });
    for (let n = 0; n < 8; n += 1) await signer.sign([binding(n)]);
    expect((await (await streams()).info(journalStream.name)).state.messages).toBe(3);
    await signer.signing.relevel();
    expect(await signer.snapshot()).toBe('journal-gap');
    expect((await world.replica()).content).toEqual(await world.stored());
    await signer.sign([binding(20)]);
    expect((await world.replica()).content).toEqual(await world.stored());
  });

  it('takes the largest entry that is ever made', async () => {
    const signer = await start();
    expect(world.nats.info!.max_payload).toBeGreaterThan(maximumEntryOctets);
    const routes = Array.from({ length: 16 }, (_, n) => ({
      service: 'E2U+sip',
      uri: `sip:${'x'.repeat(180)}${n}@example.net`,
      order: 100,
      preference: n,
    }));
    await signer.sign(Array.from({ length: 200 }, (_, n) => binding(n, 1, { routes })));
    expect((await world.replica()).content).toEqual(await world.stored());
  });

  it('takes nothing from a signer whose server refuses messages of an entry’s size', async () => {
    const { nats } = world;
    const small = new Proxy(nats, {
      get: (target, key) => {
        if (key === 'info') return { ...target.info, max_payload: 65_536 };
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const narrow = new World(servers, small, world.observer);
    const signer = await narrow.start();
    open.push(signer);
    await expect(signer.sign([binding(1)])).rejects.toMatchObject({ code: 'UNAVAILABLE', retry: 'later' });
  });
});
