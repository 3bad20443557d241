import { journalStream } from '@callbook/contracts';
import { Name, rrsig, RRType } from '@callbook/dns';
import { managerOf } from '@callbook/process';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { rulesOf, suffixesOf } from '../../../apps/signer/src/bindings/rrsets-of-binding.js';
import { connectAs, sql, startSignerServers, type SignerServers } from './servers.js';
import { binding, settings, World, type Signer, type SignerOptions } from './signer-world.js';

vi.setConfig({ testTimeout: 60_000 });

let servers: SignerServers;
let world: World;
let file: string;
const dir = mkdtempSync(path.join(tmpdir(), 'callbook-static-'));
const open: Signer[] = [];
const at = (name: string) => Name.parse(`${name}.callbook.example`);

beforeAll(async () => {
  servers = await startSignerServers();
  world = new World(servers, await connectAs(servers, 'signer'), await connectAs(servers, 'all'));
});
beforeEach(async () => {
  await world.wipe();
  world = new World(world.servers, world.nats, world.observer);
  file = path.join(dir, 'static.zone');
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((signer) => signer.close()));
  rmSync(file, { force: true });
});
afterAll(async () => {
  await Promise.all([world?.nats.close(), world?.observer.close()]);
  await servers?.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** As an operator should: the new file is there at once, and whole. */
const write = (text: string) => {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
};
const start = async (options?: SignerOptions) => {
  const signer = await world.startWhole({ staticRecords: file, ...options });
  open.push(signer);
  return signer;
};
const entries = async () => (await (await managerOf(world.observer)).streams.info(journalStream.name)).state.messages;
const changesOf = async (act: () => Promise<unknown>) => {
  const before = await entries();
  await act();
  return (await entries()) - before;
};

async function expectSound(signer: Signer): Promise<void> {
  expect(await signer.audit()).toMatchObject({ missing: 0, surplus: 0, different: 0, badSignatures: 0 });
  expect((await world.replica()).content).toEqual(await world.stored());
}

describe("the operator's file", () => {
  it('is in the zone, signed, before the first snapshot, and beside what is registered', async () => {
    write('www A 192.0.2.80\n@ MX 10 mx\nmx A 192.0.2.25\n*.shop TXT "x"\n');
    const signer = await start();
    await signer.sign([binding(100)]);
    await expectSound(signer);
    const replica = await world.replica();
    expect(replica.find(at('www'), RRType.A)).toHaveLength(1);
    const [signature] = replica.find(at('*.shop'), RRType.RRSIG);
    expect(rrsig.read(signature!.rdata), 'the asterisk is not counted (RFC 4034 §3.1.3)').toMatchObject({ labels: 3 });
  });

  it('costs one journal entry for one change, and none for none', async () => {
    write('www A 192.0.2.80\nftp A 192.0.2.21\n');
    const signer = await start();
    expect(await changesOf(() => signer.ofOperator.look())).toBe(0);
    write('; as before\nftp A 192.0.2.21\nWWW A 192.0.2.80\n');
    expect(await changesOf(() => signer.ofOperator.look())).toBe(0);
    write('www A 192.0.2.81\nnew TXT "x"\n');
    const replica = await world.replica();
    expect(await changesOf(() => signer.ofOperator.look())).toBe(1);
    const before = new Set(replica.content);
    await replica.follow(world.observer);
    // www's A, its signature, new's TXT, its signature, and the SOA with its own.
    expect(replica.content.filter((rr) => !before.has(rr))).toHaveLength(6);
    expect(replica.find(at('ftp'), RRType.A)).toEqual([]);
    await expectSound(signer);
  });

  it('changes what is signed when a delegation comes or goes, though the address stays', async () => {
    const signed = async () => (await world.replica()).find(at('ns.branch'), RRType.RRSIG).length;
    const glue = 'ns.branch A 192.0.2.53\n';
    write(glue);
    const signer = await start();
    expect(await signed()).toBe(1);
    write(`${glue}branch NS ns.branch\nbranch DS 1 13 2 ${'00'.repeat(32)}\n`);
    expect(await changesOf(() => signer.ofOperator.look())).toBe(1);
    expect(await signed()).toBe(0);
    const covered = (await world.replica())
      .find(at('branch'), RRType.RRSIG)
      .map(({ rdata }) => rrsig.read(rdata).typeCovered);
    expect(covered, 'DS is signed, NS is not (RFC 4035 §2.2)').toEqual([RRType.DS]);
    await expectSound(signer);
    write(glue);
    await signer.ofOperator.look();
    expect(await signed()).toBe(1);
    await expectSound(signer);
  });

  it.each([
    ['is refused', () => write('www A 192.0.2.80\n4.4.e164 TXT "x"\n')],
    ['is gone', () => rmSync(file)],
    ['is no zone file', () => write('\0\0\0')],
  ])('when it %s, the zone keeps what it has, also over a restart', async (_, spoil) => {
    write('www A 192.0.2.80\n');
    const signer = await start();
    spoil();
    expect(await changesOf(() => signer.ofOperator.look())).toBe(0);
    await expectSound(signer);
    const restarted = await start();
    await restarted.sign([binding(100)]);
    await expectSound(restarted);
    expect((await world.replica()).find(at('www'), RRType.A)).toHaveLength(1);
    write('ftp A 192.0.2.21\n');
    await restarted.ofOperator.look();
    expect((await world.replica()).find(at('www'), RRType.A)).toEqual([]);
  });

  it('goes with its setting', async () => {
    write('www A 192.0.2.80\n');
    await start();
    const signer = await world.startWhole();
    open.push(signer);
    await signer.reconcile(true);
    await signer.signing.parts.store.setRules(rulesOf(suffixesOf(settings)));
    await signer.ofOperator.look();
    await expectSound(signer);
    expect((await world.replica()).find(at('www'), RRType.A)).toEqual([]);
  });

  it('makes way for a nameserver that the configuration has by now, whatever is in it', async () => {
    write('ns2 A 192.0.2.9\nwww A 192.0.2.80\n');
    await start();
    const nameservers = [{ name: at('ns2'), addresses: ['192.0.2.2'] }];
    const signer = await start({ settings: { nameservers } });
    await expectSound(signer);
    const replica = await world.replica();
    expect([replica.find(at('ns2'), RRType.A).length, replica.find(at('www'), RRType.A).length]).toEqual([1, 1]);
  });

  it('takes no name where an identifier still lives by former rules', async () => {
    write('');
    const signer = await start();
    await signer.sign([binding(100)]);
    const telSuffix = at('numbers');
    write('0.0.1.0.0.9.0.0.7.7.4.4.e164 TXT "x"\n');
    const config = { settings: { telSuffix } };
    const moving = await world.start({ staticRecords: file, ...config });
    open.push(moving);
    await moving.signing.parts.store.setRules(rulesOf(suffixesOf({ ...settings, telSuffix })));
    expect(await changesOf(() => moving.ofOperator.look())).toBe(0);
    await moving.reconcile(true);
    expect(await changesOf(() => moving.ofOperator.look())).toBe(1);
    await expectSound(moving);
  });

  it.each(['commit', 'append'] as const)(
    'is there whole or not at all when %s fails, before or after its effect',
    async (effect) => {
      for (const takesEffect of [false, true]) {
        const old = 'a A 192.0.2.1\nb A 192.0.2.1\nc A 192.0.2.1\n';
        write(old);
        await start();
        write(old.replaceAll('192.0.2.1', '192.0.2.2'));
        const fail = <T extends object>(target: T): T =>
          new Proxy(target, {
            get: (object, key) => {
              const value: unknown = Reflect.get(object, key, object);
              if (typeof value !== 'function') return value;
              return async (...args: unknown[]) => {
                if (key === effect && takesEffect) await value.apply(object, args);
                if (key === effect) throw new Error('it died here');
                return value.apply(object, args);
              };
            },
          });
        const dying = await world.start({
          staticRecords: file,
          ...(effect === 'commit' ? { store: fail } : { feed: fail }),
        });
        open.push(dying);
        await dying.ofOperator.look().catch(() => {});
        const addresses = await world
          .replica()
          .then((replica) => ['a', 'b', 'c'].map((name) => replica.find(at(name), RRType.A)[0]!.rdata[3]));
        expect(new Set(addresses).size).toBe(1);
        const restarted = await start();
        await expectSound(restarted);
        expect((await world.replica()).find(at('b'), RRType.A)[0]!.rdata[3]).toBe(2);
        await world.wipe();
      }
    },
  );

  it('outlives the loss of JetStream, a zone that left its journal, and a refresh of signatures', async () => {
    write('www A 192.0.2.80\nbranch NS ns.branch\nns.branch A 192.0.2.53\n');
    const signer = await start();
    await world.wipeStreams();
    await signer.signing.relevel();
    await signer.snapshot();
    await expectSound(signer);
    await sql(servers, 'UPDATE zone SET appended_serial = 7, appended_sequence = 7');
    const restarted = await start();
    await restarted.snapshot();
    await expectSound(restarted);
    expect((await world.replica()).find(at('ns.branch'), RRType.A)).toHaveLength(1);
  });
});
