import { decodeMessage, encodeMessage, Name, queryFor, Rcode, RRType } from '@callbook/dns';
import { Daemon, freePort } from '@callbook/local';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { processTree, QuestionClient, residentOctets, startPeer } from '../../peers/index.js';
import { apex } from './zone.js';

export const serverNames = ['ours', 'nsd', 'knot'] as const;
export type ServerName = (typeof serverNames)[number];

export interface Loaded {
  readonly version: string;
  /** From the start of the process to its first answer. */
  readonly seconds: number;
  /** Resident, of the program and its children, once it has come to rest. */
  readonly octets: number;
}

/** One server with one zone file: started, asked, measured, stopped. */
export async function load(name: ServerName, file: string, dir: string): Promise<Loaded> {
  const begun = performance.now();
  const server = name === 'ours' ? await startOurs(file, dir) : await startOther(name, file, dir);
  const seconds = (performance.now() - begun) / 1_000;
  try {
    return { version: server.version, seconds, octets: await atRest(server.pids) };
  } finally {
    await server.stop();
  }
}

interface Server {
  readonly version: string;
  pids(): number[];
  stop(): Promise<void>;
}

const readyWithinMs = 600_000;

async function startOther(name: 'nsd' | 'knot', file: string, dir: string): Promise<Server> {
  const zones = [{ apex, file, signed: true }];
  return startPeer(name, { dir: path.join(dir, name), zones, threads: 1, readyWithinMs });
}

async function startOurs(file: string, dir: string): Promise<Server> {
  const port = await freePort();
  const own = path.join(dir, 'ours');
  mkdirSync(own, { recursive: true });
  const client = await QuestionClient.open({ patienceMs: 500, tries: 1 });
  const query = encodeMessage(queryFor({ name: Name.parse(apex), type: RRType.SOA, class: 1 }, 1));
  const daemon: Daemon = new Daemon({
    name: 'lookup',
    command: process.execPath,
    args: ['--max-semi-space-size=4', path.join(root, 'apps/lookup/dist/main.js'), '--zone-file', file],
    env: {
      ...{ PATH: process.env['PATH'], CALLBOOK_DNS_HOST: '127.0.0.1', CALLBOOK_DNS_PORT: String(port) },
      ...{ CALLBOOK_WORKERS: '1', CALLBOOK_LOG_LEVEL: 'warn' },
    },
    cwd: own,
    dir: own,
    ports: [{ port, purpose: 'DNS' }],
    ready: async () => {
      const [answer] = await client.askAll({ host: '127.0.0.1', port }, [query]);
      return answer !== undefined && decodeMessage(answer).rcode === Rcode.NOERROR;
    },
    readyWithinMs,
    stopSignal: 'SIGTERM',
  });
  try {
    await daemon.start();
  } finally {
    client.close();
  }
  return { version: process.version, pids: () => processTree(daemon.pid!), stop: () => daemon.stop() };
}

const root = path.resolve(import.meta.dirname, '../../..');

/** What was needed for loading only is given back within seconds, where a server does that. */
async function atRest(pids: () => number[]): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let second = 0; second < 5; second += 1) {
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    least = Math.min(least, residentOctets(pids()));
  }
  return least;
}
