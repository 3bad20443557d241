import { bindingsStream } from '@callbook/contracts';
import { dnskey, Name, rdataText, RRType } from '@callbook/dns';
import { dsOf, keyTag } from '@callbook/dnssec';
import { freePort, type Daemon } from '@callbook/local';
import { ensureStream } from '@callbook/process';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, judgesAvailable, startUnbound, type Address } from '../../judges.js';
import { connectAs, startSignerServers, type SignerServers } from './servers.js';
import { startSigner, type SignerProcess } from './signer-process.js';
import { World } from './signer-world.js';

const root = path.resolve(import.meta.dirname, '../../..');

/** A rotation as fast as it can be with replicas that may be fifteen seconds behind, real processes, and a resolver that caches. */
describe.skipIf(!(await judgesAvailable()))('while the denial key rotates', () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'callbook-rotating-'));
  let servers: SignerServers;
  let world: World;
  let signer: SignerProcess;
  let lookup: ChildProcess;
  let unbound: Daemon;
  let resolver: Address;

  beforeAll(async () => {
    servers = await startSignerServers();
    world = new World(servers, await connectAs(servers, 'signer'), await connectAs(servers, 'all'));
    // Nobody answers for `records` here; the zone counts as compared.
    await (await world.startWhole({ staticRecords: path.join(dir, 'none') })).close();
    const asRecords = await connectAs(servers, 'records');
    await ensureStream(asRecords, bindingsStream);
    await asRecords.close();
    signer = await startSigner(servers, {
      CALLBOOK_ZONE_TTL: '1s',
      CALLBOOK_REPLICA_LAG: '15s',
      CALLBOOK_DENIAL_KEY_EVERY: '32s',
    });
    const port = await freePort();
    lookup = await startLookup(servers, port);
    const ksk = (await world.replica())
      .find(Name.parse('callbook.example'), RRType.DNSKEY)
      .find(({ rdata }) => dnskey.read(rdata).flags === 257)!;
    const ds = rdataText(RRType.DS, dsOf(Name.parse('callbook.example'), ksk.rdata));
    resolver = { host: '127.0.0.1', port: await freePort() };
    unbound = await startUnbound({
      dir: path.join(dir, 'unbound'),
      port: resolver.port,
      anchor: { zone: 'callbook.example.', ds },
      servers: [{ host: '127.0.0.1', port }],
      extra: ['cache-max-negative-ttl: 60', 'aggressive-nsec: no'],
    });
  }, 180_000);
  afterAll(async () => {
    await unbound?.stop();
    if (lookup) {
      const ended = once(lookup, 'exit');
      lookup.kill('SIGTERM');
      await ended;
    }
    await signer?.kill('SIGTERM');
    await Promise.all([world?.nats.close(), world?.observer.close()]);
    await servers?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  const shown = async () =>
    (await world.replica())
      .find(Name.parse('callbook.example'), RRType.DNSKEY)
      .map(({ rdata }) => String(keyTag(rdata)));

  it('a validating resolver believes every denial, by one key and by the next', { timeout: 180_000 }, async () => {
    const signedBy: string[] = [];
    const at = [
      '@127.0.0.1',
      '-p',
      String(resolver.port),
      '+dnssec',
      '+noall',
      '+comments',
      '+authority',
      '+tries=1',
      '+time=10',
    ];
    for (let n = 0; signedBy.length < 2 || (await shown()).includes(signedBy[0]!); n += 1) {
      const { stdout } = await ask('dig', [...at, `nothing${n}.callbook.example`, 'A']);
      expect(stdout, `after ${signedBy.join(' ')}`).toMatch(/flags:[^;]* ad[ ;]/);
      const tag = /RRSIG\s+NSEC\s.*?\s(\d+)\s+callbook\.example\./.exec(stdout)?.[1];
      expect(tag, stdout).toBeDefined();
      if (signedBy.at(-1) !== tag) signedBy.push(tag!);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(signedBy, 'no key comes back').toHaveLength(2);
    const left = await shown();
    expect(left).toContain(signedBy[1]);
    expect(left.length, 'KSK, ZSK, the key that signs, and perhaps the next').toBeLessThanOrEqual(4);
  });
});

async function startLookup(servers: SignerServers, port: number): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['apps/lookup/dist/main.js'], {
    cwd: root,
    env: {
      PATH: process.env['PATH'],
      CALLBOOK_NATS_URL: servers.nats.url,
      CALLBOOK_NATS_USER: 'lookup',
      CALLBOOK_NATS_PASSWORD: servers.nats.password('lookup'),
      CALLBOOK_HEALTH_PORT: String(await freePort()),
      CALLBOOK_DNS_PORT: String(port),
      CALLBOOK_ZONE: 'callbook.example',
      CALLBOOK_DENIAL_KEY_ENCRYPTION_KEY: Buffer.alloc(32, 2).toString('base64url'),
      CALLBOOK_RATE_LIMIT: '0',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (output += data.toString()));
  let ended = false;
  child.once('exit', () => (ended = true));
  // The zone may be there before the key.
  const denial = ['@127.0.0.1', '-p', String(port), '+time=1', '+tries=1', '+dnssec', 'nothing.callbook.example', 'A'];
  while (!/RRSIG\s+NSEC /.test((await ask('dig', denial)).stdout)) {
    if (ended) throw new Error(`look-up ended: ${output}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return child;
}
