import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { SetupError } from './setup-error.js';

const LOOPBACK = '127.0.0.1';

function tcpFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: LOOPBACK, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

function udpFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', () => socket.close(() => resolve(false)));
    socket.bind({ port, address: LOOPBACK, exclusive: true }, () => socket.close(() => resolve(true)));
  });
}

export async function isPortFree(port: number): Promise<boolean> {
  return (await tcpFree(port)) && (await udpFree(port));
}

const given = new Set<number>();

/**
 * Below 32768, where Linux takes the ports of outgoing connections: while a server is down between kill and restart, a client that
 * keeps dialling could otherwise be given the server's own port as its source (and, on loopback, connect to itself).
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    if (given.has(port) || !(await isPortFree(port))) continue;
    given.add(port);
    return port;
  }
}

/** @throws SetupError PORT_TAKEN, with the holder where the system lets us see it. */
export async function requirePort(port: number, purpose: string, variable?: string): Promise<void> {
  if (await isPortFree(port)) return;
  const holder = holderOf(port);
  throw new SetupError(
    'PORT_TAKEN',
    `port ${port} (${purpose}) is taken${holder ? ` by ${holder}` : ''}`,
    variable ? `stop it, or choose another port with ${variable}=…` : 'stop it, or choose another port',
  );
}

/** "nats-server (process 123)"; Linux only, and only processes of the same user unless root. */
export function holderOf(port: number): string | undefined {
  try {
    const inodes = new Set(['tcp', 'tcp6', 'udp', 'udp6'].flatMap((table) => listeners(`/proc/net/${table}`, port)));
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      if (openSockets(pid).some((inode) => inodes.has(inode))) {
        return `${readFileSync(`/proc/${pid}/comm`, 'utf8').trim()} (process ${pid})`;
      }
    }
  } catch {
    return undefined;
  }
  return undefined;
}

/** proc(5): fields 1 local address, 3 state, 9 inode. 0A is LISTEN; a bound UDP socket is 07. */
function listeners(table: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return readFileSync(table, 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => local?.endsWith(suffix) && (state === '0A' || state === '07'))
    .flatMap((fields) => fields[9] ?? []);
}

function openSockets(pid: string): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
      } catch {
        return []; // closed between the two calls
      }
    });
  } catch {
    return []; // ended, or someone else's
  }
}
