import { denialKeyPurpose, DenialKeys, denialKeysSubject, journalStream, zoneStateStream } from '@callbook/contracts';
import { dnskey, Name, naptr, RRType, serialCompare, smimea } from '@callbook/dns';
import { openAtRest } from '@callbook/keys';
import { managerOf } from '@callbook/process';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { describeZone } from '../../../apps/signer/src/zone/describe-zone.js';
import { suffixesOf } from '../../../apps/signer/src/bindings/rrsets-of-binding.js';
import { subjectOf } from '../../../apps/signer/src/zone/subject.js';
import { refreshSignatures } from '../../../apps/signer/src/publish/refresh.js';
import { connectAs, startSignerServers, type SignerServers } from './servers.js';
import { apex, binding, settings, World, type Signer, type SignerOptions } from './signer-world.js';

let servers: SignerServers;
let world: World;
const open: Signer[] = [];

const clean = { missing: 0, surplus: 0, different: 0, badSignatures: 0 };
const node = Name.parse('0.0.1.0.0.9.0.0.7.7.4.4.e164.callbook.example');

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

const start = async (options?: SignerOptions) => {
  const signer = await world.startWhole(options);
  open.push(signer);
  return signer;
};
const entries = async () => (await (await managerOf(world.observer)).streams.info(journalStream.name)).state.messages;

/** What must hold at any time. */
async function expectSound(signer: Signer): Promise<void> {
  expect(await signer.audit()).toMatchObject(clean);
  const replica = await world.replica();
  expect(replica.content).toEqual(await world.stored());
}

describe('the first start', () => {
  it('publishes a signed zone of its own records', async () => {
    const signer = await start();
    await expectSound(signer);
    const replica = await world.replica();
    expect(replica.find(apex, RRType.NS)).toHaveLength(1);
    expect(replica.find(Name.parse('ns1.callbook.example'), RRType.AAAA)).toHaveLength(1);
    const flags = replica.find(apex, RRType.DNSKEY).map(({ rdata }) => dnskey.read(rdata).flags);
    expect(flags.sort()).toEqual([256, 256, 257]);
    expect(Math.abs(replica.serial - Date.now() / 1_000)).toBeLessThan(60);
  });

  it('hands out the denial key before the snapshot that shows it, sealed', async () => {
    const signer = await start();
    const { streams } = await managerOf(world.observer);
    const message = await streams.getMessage(zoneStateStream.name, { last_by_subj: denialKeysSubject(apex) });
    const { keys } = DenialKeys.parse(message!.json());
    expect(keys.map(({ tag }) => tag)).toEqual(signer.signing.parts.keys.denial.map(({ key }) => key.tag));
    expect(message!.seq).toBe(1);
    const sealed = Buffer.from(keys[0]!.sealed, 'base64');
    expect(openAtRest(sealed, settings.denialKeyEncryptionKey, denialKeyPurpose).length).toBeGreaterThan(60);
  });

  it('keeps its keys over a restart, and its snapshot too', async () => {
    const first = await start();
    const second = await start();
    expect(second.signing.parts.keys.ksk.tag).toBe(first.signing.parts.keys.ksk.tag);
    expect(second.signing.appendedSerial).toBe(first.signing.appendedSerial);
    expect(await second.snapshot()).toBeUndefined();
  });

  it('names the zone and its trust anchor', async () => {
    const { signing } = await start();
    const head = describeZone(apex, signing.parts.keys, suffixesOf(settings), signing.appendedSerial!, 3_600);
    expect(head).toMatchObject({ apex: 'callbook.example.', suffixes: { tel: 'e164.callbook.example.' } });
    expect(head.ds[0]).toMatch(/ IN\s+DS\s+\d+ 13 2 [0-9A-Fa-f]{64}/);
    expect(head.anchors[0]).toMatch(/DNSKEY\s+257 3 13 /);
  });
});

describe('a binding', () => {
  it('becomes NAPTR and SMIMEA, signed', async () => {
    const signer = await start();
    await signer.sign([binding(100)]);
    await expectSound(signer);
    const replica = await world.replica();
    expect(naptr.read(replica.find(node, RRType.NAPTR)[0]!.rdata)).toMatchObject({
      services: 'E2U+sip',
      regexp: '!^.*$!sip:number100v1@example.net!',
    });
    const keys = replica.find(node.prepend('_smimecert'), RRType.SMIMEA);
    expect(smimea.read(keys[0]!.rdata)).toMatchObject({ usage: 3, selector: 1, matching: 0 });
  });

  it('leaves no name behind when it has neither routes nor keys, and stays gone when old events come again', async () => {
    const signer = await start();
    await signer.sign([binding(100)]);
    await signer.sign([binding(100, 2, { routes: [], keys: [] })]);
    await signer.sign([binding(100)]);
    await expectSound(signer);
    const replica = await world.replica();
    expect(replica.find(node, RRType.NAPTR)).toEqual([]);
    expect(replica.content).toHaveLength(await contentOfEmptyZone());
  });

  it('that changes one of two routes changes one record', async () => {
    const signer = await start();
    const route = (uri: string) => ({ service: 'E2U+sip', uri, order: 100, preference: 10 });
    await signer.sign([binding(100, 1, { routes: [route('sip:a@example.net'), route('sip:b@example.net')] })]);
    await signer.sign([binding(100, 2, { routes: [route('sip:a@example.net'), route('sip:c@example.net')] })]);
    await expectSound(signer);
    expect((await world.replica()).find(node, RRType.NAPTR)).toHaveLength(2);
  });

  it('whose new sequence changes nothing in DNS makes no entry', async () => {
    const signer = await start();
    const { routes } = binding(100);
    await signer.sign([binding(100, 1, { routes })]);
    const before = await entries();
    await signer.sign([binding(100, 2, { routes })]);
    expect(await entries()).toBe(before);
    expect(await signer.signing.stored(subjectOf(binding(100).identifier))).toMatchObject({ sequence: 2 });
  });

  it('that cannot be made into records changes nothing, and is never tried again', async () => {
    const signer = await start();
    const before = await entries();
    const bad = binding(100, 1, { keys: [{ use: 'identity', format: 'spki', value: 'AAAA' }] });
    await expect(signer.sign([binding(101), bad])).rejects.toMatchObject({ retry: 'never' });
    expect(await entries()).toBe(before);
  });
});

describe('a burst', () => {
  it('shares one serial', async () => {
    const signer = await start();
    const before = await entries();
    await signer.sign(Array.from({ length: 50 }, (_, n) => binding(n)));
    expect((await entries()) - before).toBe(1);
    await expectSound(signer);
  });

  it('over the size of an entry takes more than one, each whole', async () => {
    const signer = await start();
    const routes = Array.from({ length: 16 }, (_, n) => ({
      service: 'E2U+sip',
      uri: `sip:${'x'.repeat(180)}${n}@example.net`,
      order: 100,
      preference: n,
    }));
    const before = await entries();
    await signer.sign(Array.from({ length: 300 }, (_, n) => binding(n, 1, { routes })));
    expect((await entries()) - before).toBeGreaterThan(1);
    await expectSound(signer);
  });

  it('takes the newest of each identifier, in whatever order events come, and however often', async () => {
    const signer = await start();
    const events = [1, 2, 3].flatMap((sequence) => [100, 101, 102].map((n) => binding(n, sequence)));
    for (let round = 0; round < 12; round += 1) {
      const shuffled = [...events, ...events].sort(() => byHash(round, events.length));
      await signer.sign(shuffled.slice(0, 1 + (round % 7)));
    }
    await signer.sign(events);
    await expectSound(signer);
    const replica = await world.replica();
    expect(naptr.read(replica.find(node, RRType.NAPTR)[0]!.rdata).regexp).toContain('v3@');
  });
});

describe('those who wait for a publication', () => {
  const { identifier } = binding(100);
  const wait = (signer: Signer, sequence: number, ms = 5_000) =>
    signer.signing.parts.waiters.wait(signer.signing, subjectOf(identifier), sequence, ms);

  it('are told its serial when the journal holds it', async () => {
    const signer = await start();
    const waiting = wait(signer, 1);
    await signer.sign([binding(100)]);
    expect(await waiting).toEqual({ serial: (await world.replica()).serial });
  });

  it('are told at once when it was there before, also by another signer', async () => {
    const first = await start();
    await first.sign([binding(100, 4)]);
    const second = await start();
    expect(await wait(second, 3)).toEqual({ serial: second.signing.appendedSerial });
  });

  it('are told in time that it is not there yet', async () => {
    const signer = await start();
    await expect(wait(signer, 1, 100)).rejects.toMatchObject({ code: 'PUBLICATION_PENDING', retry: 'later' });
  });
});

describe('configuration that changed', () => {
  it('becomes one entry at the next start', async () => {
    await (await start()).sign([binding(100)]);
    const before = await entries();
    const nameservers = [{ name: Name.parse('ns.example.net'), addresses: [] }];
    const signer = await start({ settings: { nameservers } });
    expect((await entries()) - before).toBe(1);
    await expectSound(signer);
    expect((await world.replica()).find(Name.parse('ns1.callbook.example'), RRType.A)).toEqual([]);
  });

  it('that only the SOA shows is published too', async () => {
    await start();
    const signer = await start({ settings: { negativeTtl: 30_000 } });
    await expectSound(signer);
  });

  it('moves all numbers when their suffix changes', async () => {
    await (await start()).sign([binding(100), binding(101)]);
    const signer = await start({ settings: { telSuffix: Name.parse('numbers.callbook.example') } });
    await signer.reconcile(true);
    await expectSound(signer);
    expect((await world.replica()).find(node, RRType.NAPTR)).toEqual([]);
  });

  it('of the algorithm is refused: it takes a rollover', async () => {
    await start();
    await expect(start({ settings: { algorithm: 15 as never } })).rejects.toThrow('rollover');
  });
});

describe('signatures', () => {
  const day = 86_400_000;

  it('are made anew when they come near their end, spread by owner', async () => {
    await (await start()).sign(Array.from({ length: 40 }, (_, n) => binding(n)));
    const setsLeft = async (signer: Signer) =>
      signer.signing.parts.store.endingBefore(Math.floor(now() / 1_000) + 14 * 86_400, 1e6);
    let at = Date.now() + 6.5 * day;
    const now = () => at;
    const later = await start({ clock: now });
    // The database's clock cannot be moved here; that they differ is another test.
    later.signing.parts.store.clock = async () => at;
    const due = (await setsLeft(later)).length;
    expect(due).toBeGreaterThan(10);
    expect(due).toBeLessThan(80);
    await refreshSignatures(later.signing, settings.refreshBefore);
    expect(await setsLeft(later)).toEqual([]);
    at += day;
    await refreshSignatures(later.signing, settings.refreshBefore);
    expect(await setsLeft(later)).toEqual([]);
    expect((await world.replica()).content).toEqual(await world.stored());
  });

  it.each([
    ['back behind the last signature', -2 * 3_600_000],
    ['over an hour ahead of the database', 2 * 3_600_000],
  ])('are not made when the clock jumped %s', async (_, jump) => {
    await start();
    const signer = await start({ clock: () => Date.now() + jump });
    await expect(signer.sign([binding(100)])).rejects.toMatchObject({ code: 'UNAVAILABLE', retry: 'later' });
    expect(await world.stored()).toHaveLength(await contentOfEmptyZone());
  });
});

it('publishes twenty times through the wrap of the serial, and replicas follow', async () => {
  const time = 4_294_967_290_000;
  const signer = await start({
    clock: () => time,
    store: (store) => Object.assign(store, { clock: async () => time }),
  });
  const replica = await world.replica();
  expect(replica.serial).toBe(4_294_967_290);
  for (let n = 0; n < 20; n += 1) {
    const last = replica.serial;
    await signer.sign([binding(n)]);
    expect(await replica.follow(world.observer)).toBe(1);
    expect(serialCompare(replica.serial, last)).toBeGreaterThan(0);
  }
  expect(replica.serial).toBe(14);
  const restarted = await start({
    clock: () => time,
    store: (store) => Object.assign(store, { clock: async () => time }),
  });
  expect(restarted.signing.appendedSerial).toBe(14);
  await expectSound(restarted);
});

const contentOfEmptyZone = async () => {
  // SOA, NS, A, AAAA and three DNSKEYs, and a signature for each of the five sets.
  return 7 + 5;
};

const byHash = (round: number, n: number) => ((((round * 7_919 + n) * 2_654_435_761) >>> 0) % 3) - 1;
