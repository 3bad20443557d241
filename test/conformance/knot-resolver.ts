import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Daemon, SetupError } from '@callbook/local';
import { bindsUdp, judge, unpackJudges, type Address, type Anchor } from '../judges.js';

/**
 * Knot Resolver with one trust anchor, in front of one server. It concludes from denials (RFC 8198) as it comes. It looks for its own
 * Lua files at one absolute path, so it is given a mount namespace in which they lie there; nothing outside of `dir` is touched.
 */
export async function startKnotResolver({
  dir,
  port,
  anchor,
  server,
}: {
  readonly dir: string;
  readonly port: number;
  readonly anchor: Anchor;
  readonly server: Address;
}): Promise<Daemon> {
  const { path: file, env } = await judge('kresd');
  const { root } = await unpackJudges();
  const lib = path.join(root, 'usr/lib');
  const triplet = readdirSync(lib).find((name) => existsSync(path.join(lib, name, 'knot-resolver/sandbox.lua')));
  if (!triplet) throw new SetupError('PROGRAM_MISSING', 'the package knot-resolver has no Lua files');
  for (const folder of ['system', 'merged', 'state']) mkdirSync(path.join(dir, folder), { recursive: true });
  const config = path.join(dir, 'kresd.conf');
  writeFileSync(
    config,
    `net.listen('127.0.0.1', ${port}, { kind = 'dns' })
cache.open(30 * MB, 'lmdb://${path.join(dir, 'state')}')
trust_anchors.remove('.')
trust_anchors.add('${anchor.zone} 3600 IN DS ${anchor.ds}')
modules.unload('priming')
modules.unload('ta_update')
modules.unload('ta_signal_query')
modules.unload('detect_time_skew')
policy.add(policy.all(policy.FORWARD('${server.host}@${server.port}')))
`,
  );
  const script = `mount --bind "/usr/lib/$1" "$2/system"
for each in "$2"/system/*; do ln -sfn "$each" "$2/merged/"; done
ln -sfn "$3/$1/knot-resolver" "$2/merged/knot-resolver"
mount --bind "$2/merged" "/usr/lib/$1"
shift 3
exec "$@"`;
  const daemon: Daemon = new Daemon({
    name: 'knot-resolver',
    command: 'unshare',
    args: [
      process.getuid?.() === 0 ? '-m' : '-Urm',
      ...['/bin/sh', '-e', '-c', script, 'kresd', triplet, dir, lib],
      ...[file, '-n', '-c', config, path.join(dir, 'state')],
    ],
    env,
    cwd: dir,
    dir,
    ports: [{ port, purpose: 'knot-resolver' }],
    ready: async () => daemon.pid !== undefined && bindsUdp(daemon.pid, port),
    stopSignal: 'SIGTERM',
  });
  await daemon.start();
  return daemon;
}
