import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { Daemon, freePort, Service } from '@callbook/local';
import { processTree, QuestionClient, startPeer, type PeerName } from '../../peers/index.js';
import { cores, type Mode } from './load.js';
import { apex, type ZoneFiles } from './zone.js';

/** A server with the same zone as the others, on a core of its own, with one thread or process that answers. */
export interface BenchServer {
  readonly name: string;
  readonly version: string;
  /** The ways in that it has. */
  readonly ports: Readonly<Partial<Record<Mode, number>>>;
  pids(): number[];
  stop(): Promise<void>;
}

export interface Certificate {
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** All threads that there are; those that come later inherit it. */
const pin = (pids: readonly number[]) => {
  for (const pid of pids)
    execFileSync('taskset', ['-a', '-c', '-p', String(cores.server), String(pid)], { stdio: 'ignore' });
};

export async function startOther(
  name: PeerName,
  dir: string,
  zone: ZoneFiles,
  certificate: Certificate,
): Promise<BenchServer> {
  const onLine = name === 'knot-onlinesign' || name === 'powerdns-livesign';
  const encrypted = name === 'bind' || name === 'nsd';
  const port = await freePort();
  const tlsPort = await freePort();
  const httpsPort = await freePort();
  const peer = await startPeer(name, {
    dir: path.join(dir, name),
    port,
    zones: [{ apex, file: onLine ? zone.unsigned : zone.chained, ...(!onLine && { signed: true }) }],
    ...(encrypted && { tls: { port: tlsPort, ...certificate } }),
    ...(name === 'bind' && { httpsPort }),
    extra: extra[name] ?? [],
    readyWithinMs: 180_000,
  });
  pin(peer.pids());
  return {
    name,
    version: peer.version,
    ports: { udp: port, tcp: port, ...(encrypted && { dot: tlsPort }), ...(name === 'bind' && { doh: httpsPort }) },
    pids: () => peer.pids(),
    stop: () => peer.stop(),
  };
}

/** What the peers' own defaults would take from them here: limits of a production server that the load generator runs into. */
const extra: Partial<Record<PeerName, readonly string[]>> = {
  bind: ['tcp-clients 1000', 'minimal-responses yes', 'http-listener-clients 1000', 'http-streams-per-connection 1000'],
  nsd: ['minimal-responses: yes', 'tcp-count: 1000'],
};

export async function startOurs(dir: string, zone: ZoneFiles, tlsDirectory: string): Promise<BenchServer> {
  const ports = { udp: await freePort(), dot: await freePort(), doh: await freePort() };
  mkdirSync(path.join(dir, 'ours'), { recursive: true });
  const service = new Service({
    name: 'lookup',
    entry: 'apps/lookup/dist/main.js',
    arguments: ['--zone-file', zone.signed, '--denial-key', zone.denialKey],
    dir: path.join(dir, 'ours'),
    settings: {
      CALLBOOK_DNS_HOST: '127.0.0.1',
      CALLBOOK_DNS_PORT: String(ports.udp),
      CALLBOOK_DOT_PORT: String(ports.dot),
      CALLBOOK_DOH_PORT: String(ports.doh),
      CALLBOOK_TLS_DIRECTORY: tlsDirectory,
      CALLBOOK_WORKERS: '1',
      CALLBOOK_PACKETS: 'batched',
      // On, as in production; the load comes from one address and is meant.
      CALLBOOK_RATE_LIMIT: '100000000',
      CALLBOOK_DENIAL_SIGNATURES: '100000000',
      CALLBOOK_LOG_LEVEL: 'warn',
    },
    ports: [{ port: ports.udp, purpose: 'DNS' }],
    heap: 1_024,
    readyWithinMs: 120_000,
  });
  await service.start();
  pin([service.pid!]);
  return {
    name: 'ours',
    version: process.version,
    ports: { ...ports, tcp: ports.udp },
    pids: () => processTree(service.pid!),
    stop: () => service.stop(),
  };
}

/** What sockets and memory cost by themselves: C that sends some answer of so many octets out of as many as there are numbers. */
export async function startEcho(dir: string, answerOctets: number, numbers: number): Promise<BenchServer> {
  const program = path.join(dir, 'echo');
  const source = path.join(import.meta.dirname, 'echo.c');
  const compiled = spawnSync('cc', ['-O2', '-o', program, source], { encoding: 'utf8' });
  if (compiled.error || compiled.status !== 0)
    throw new Error(`the bare echo needs a C compiler, and cc says: ${compiled.error?.message ?? compiled.stderr}`);
  const port = await freePort();
  const client = await QuestionClient.open({ patienceMs: 500, tries: 1 });
  const daemon = new Daemon({
    name: 'echo',
    command: program,
    args: [String(port), String(answerOctets), String(numbers)],
    env: process.env,
    cwd: dir,
    dir,
    ports: [{ port, purpose: 'echo' }],
    ready: async () => (await client.askAll({ host: '127.0.0.1', port }, [new Uint8Array(12)]))[0] !== undefined,
    stopSignal: 'SIGTERM',
  });
  try {
    await daemon.start();
  } finally {
    client.close();
  }
  pin([daemon.pid!]);
  return { name: 'echo', version: '', ports: { udp: port }, pids: () => [daemon.pid!], stop: () => daemon.stop() };
}
