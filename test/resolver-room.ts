import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import path from 'node:path';
import { Daemon } from '@callbook/local';
import { bindsUdp, judge, type Address } from './judges.js';

export interface Room {
  /** Put before a command, runs it in the room: the `within` of `ask` and `startKamailio`. */
  readonly within: readonly string[];
  stop(): Promise<void>;
}

/**
 * A network of its own whose name server is `resolver`. Programs that resolve names as the system does, such as Kamailio, ask
 * the addresses of /etc/resolv.conf, and port 53 only; in here that port is free, needs no root, and belongs to a relay that
 * passes each question through a Unix socket, which is a file and so the same inside and outside. Linux only.
 */
export async function startRoom({
  dir,
  resolver,
}: {
  readonly dir: string;
  readonly resolver: Address;
}): Promise<Room> {
  mkdirSync(dir, { recursive: true });
  const socket = path.join(dir, 'room.sock');
  const resolvConf = path.join(dir, 'resolv.conf');
  writeFileSync(resolvConf, 'nameserver 127.0.0.1\n');
  rmSync(socket, { force: true });

  // DNS over a stream has one framing everywhere (RFC 1035 §4.2.2), so outside the relay is a plain pipe to the resolver's TCP port.
  const outside = createServer((inner) => {
    const outer = connect(resolver.port, resolver.host);
    for (const end of [inner, outer]) end.on('error', () => [inner, outer].forEach((each) => each.destroy()));
    inner.pipe(outer).pipe(inner);
  });
  await new Promise<void>((resolve, reject) => outside.once('error', reject).listen(socket, resolve));

  const root = process.getuid?.() === 0; // may have namespaces of these kinds without one of users
  const ip = await judge('ip');
  const inside: Daemon = new Daemon({
    name: 'room',
    command: 'unshare',
    args: [
      root ? '-nm' : '-Urnm',
      ...['/bin/sh', '-e', '-c', '"$1" link set lo up; mount --bind "$2" /etc/resolv.conf; shift 2; exec "$@"', 'room'],
      ...[ip.path, resolvConf, process.execPath, path.join(import.meta.dirname, 'room-relay.mjs'), socket],
    ],
    env: ip.env,
    cwd: dir,
    dir,
    ports: [],
    ready: async () => inside.pid !== undefined && bindsUdp(inside.pid, 53),
    stopSignal: 'SIGTERM',
  });
  try {
    await inside.start();
  } catch (error) {
    outside.close();
    throw error;
  }
  return {
    // Entering another's mounts resets the working directory; it is given anew.
    within: [
      ...['nsenter', '-t', String(inside.pid), '-n', '-m', `--wdns=${dir}`],
      ...(root ? [] : ['-U', '--preserve-credentials']),
    ],
    stop: async () => {
      await inside.stop();
      outside.close();
    },
  };
}
