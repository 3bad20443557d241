import { freePort } from '@callbook/local';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { SignerServers } from './servers.js';

export interface SignerProcess {
  /** All that it has written. */
  output(): string;
  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null>;
  /** Its exit status, when it ends by itself. */
  readonly ended: Promise<number | null>;
  metric(name: string): Promise<number>;
  isReady(): Promise<boolean>;
}

/** No process outlives the test. */
const running = new Set<ChildProcess>();
process.once('exit', () => running.forEach((child) => child.kill('SIGKILL')));

const root = path.resolve(import.meta.dirname, '../../..');
const key = (n: number) => Buffer.alloc(32, n).toString('base64url');

/** `signer` as a process of its own; resolves when it is ready, and rejects with what it wrote when it ends before. */
export async function startSigner(
  servers: SignerServers,
  settings: Readonly<Record<string, string>> = {},
): Promise<SignerProcess> {
  const healthPort = await freePort();
  const child = spawn(
    process.execPath,
    ['--conditions=@callbook/source', '--import', '@swc-node/register/esm-register', 'apps/signer/src/main.ts'],
    {
      cwd: root,
      env: {
        PATH: process.env['PATH'],
        NODE_OPTIONS: process.env['NODE_OPTIONS'],
        CALLBOOK_NATS_URL: servers.nats.url,
        CALLBOOK_NATS_USER: 'signer',
        CALLBOOK_NATS_PASSWORD: servers.nats.password('signer'),
        CALLBOOK_HEALTH_PORT: String(healthPort),
        CALLBOOK_DATABASE_URL: servers.postgres.url('signer'),
        CALLBOOK_KEY_ENCRYPTION_KEY: key(1),
        CALLBOOK_DENIAL_KEY_ENCRYPTION_KEY: key(2),
        CALLBOOK_ZONE: 'callbook.example',
        CALLBOOK_NAMESERVERS: 'ns1.callbook.example=192.0.2.1,ns1.callbook.example=2001:db8::1',
        CALLBOOK_UPKEEP_EVERY: '500ms',
        ...settings,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (output += data.toString()));
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  running.add(child);
  void ended.then(() => running.delete(child));

  const health = (page: string) => fetch(`http://127.0.0.1:${healthPort}/${page}`);
  const isReady = () =>
    health('readyz').then(
      ({ ok }) => ok,
      () => false,
    );
  const failed = ended.then(() => {
    throw new Error(`the signer ended: ${output}`);
  });
  failed.catch(() => {});
  const ready = async () => {
    while (!(await isReady())) await new Promise((resolve) => setTimeout(resolve, 50));
  };
  await Promise.race([ready(), failed]);
  return {
    output: () => output,
    kill: async (signal) => {
      child.kill(signal);
      return ended;
    },
    ended,
    metric: async (name) => {
      const text = await (await health('metrics')).text();
      return Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(text)?.[1]);
    },
    isReady,
  };
}
