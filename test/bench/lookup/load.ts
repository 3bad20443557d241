import { spawn } from 'node:child_process';
import { judge } from '../../judges.js';

/** DNS over HTTPS is asked by load-https.ts: dnsperf 2.10 loses all but one of the HTTP/2 answers that it reads together. */
export type DnsperfMode = 'udp' | 'tcp' | 'dot';
export type Mode = DnsperfMode | 'doh';

export interface Load {
  readonly mode: DnsperfMode;
  readonly port: number;
  /** One question a line, as in `callbook.example. SOA`. */
  readonly file: string;
  readonly seconds: number;
  readonly dnssec: boolean;
  /** Through the file once at most: every question is new. */
  readonly once?: boolean;
}

export interface Loaded {
  readonly answered: number;
  readonly lost: number;
  /** Response codes by name, as dnsperf counts them. */
  readonly rcodes: Readonly<Record<string, number>>;
}

/** The server and the client have a core each, where there are two: neither takes the other's time. */
export const cores = { server: 0, client: 1 } as const;

/** Questions under way at once. */
export const outstanding = 256;

/** Asks as fast as the server answers (dnsperf). @throws Error when it cannot, or when nothing is answered */
export async function load({ mode, port, file, seconds, dnssec, once = false }: Load): Promise<Loaded> {
  const { path: program, env } = await judge('dnsperf');
  const connections = mode === 'udp' ? 16 : 8;
  const args = [
    ...['-m', mode, '-s', '127.0.0.1', '-p', String(port), '-d', file, '-l', String(seconds)],
    ...['-c', String(connections), '-T', '1', '-q', String(outstanding), '-t', '2', '-b', '4096'],
    ...(dnssec ? ['-e', '-D'] : []),
    ...(once ? ['-n', '1'] : []),
  ];
  const said = await outputOf(program, args, env);
  const number = (label: string) => Number(new RegExp(`${label}:\\s+(\\d+)`).exec(said)?.[1] ?? 0);
  const answered = number('Queries completed');
  if (answered === 0) throw new Error(`dnsperf had no answer over ${mode}:\n${said.slice(-2_000)}`);
  const rcodes = Object.fromEntries(
    [...(/Response codes:\s+(.*)/.exec(said)?.[1] ?? '').matchAll(/(\w+) (\d+)/g)].map(([, name, count]) => [
      name!,
      Number(count),
    ]),
  );
  return { answered, lost: number('Queries lost'), rcodes };
}

/** What a program says that runs on the client's core, to its end. */
export function outputOf(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('taskset', ['-c', String(cores.client), program, ...args], { env, stdio: 'pipe' });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (output += data.toString()));
    child.stdin.end();
    child.once('error', reject);
    child.once('close', () => resolve(output));
  });
}
