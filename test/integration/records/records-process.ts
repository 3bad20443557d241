import { identity, records, rpcSubject, type ClientOf, type PublicJwk } from '@callbook/contracts';
import { freePort } from '@callbook/local';
import { clientOf } from '@callbook/process';
import type { NatsConnection } from '@nats-io/transport-node';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { RecordsServers } from './servers.js';

export interface RecordsProcess {
  /** All that it has written. */
  output(): string;
  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null>;
  metrics(): Promise<string>;
}

/** No process outlives the test. */
const running = new Set<ChildProcess>();
process.once('exit', () => running.forEach((child) => child.kill('SIGKILL')));

const root = path.resolve(import.meta.dirname, '../../..');

/** `records` as a process of its own; resolves when it is ready, and rejects with what it wrote when it ends before. */
export async function startRecords(
  servers: RecordsServers,
  settings: { keyEncryptionKey: string; [variable: string]: string },
): Promise<RecordsProcess> {
  const healthPort = await freePort();
  const { keyEncryptionKey, ...more } = settings;
  const child = spawn(
    process.execPath,
    ['--conditions=@callbook/source', '--import', '@swc-node/register/esm-register', 'apps/records/src/main.ts'],
    {
      cwd: root,
      env: {
        PATH: process.env['PATH'],
        NODE_OPTIONS: process.env['NODE_OPTIONS'],
        CALLBOOK_NATS_URL: servers.nats.url,
        CALLBOOK_NATS_USER: 'records',
        CALLBOOK_NATS_PASSWORD: servers.nats.password('records'),
        CALLBOOK_HEALTH_PORT: String(healthPort),
        CALLBOOK_DATABASE_URL: servers.postgres.url('records'),
        CALLBOOK_KEY_ENCRYPTION_KEY: keyEncryptionKey,
        CALLBOOK_DIRECTORY_NAME: 'callbook.example',
        ...more,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (output += data.toString()));
  const ended = once(child, 'exit');
  running.add(child);
  void ended.then(() => running.delete(child));

  const health = (page: string) => fetch(`http://127.0.0.1:${healthPort}/${page}`);
  const ready = async () => {
    for (;;) {
      if (
        await health('readyz').then(
          ({ ok }) => ok,
          () => false,
        )
      )
        return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const failed = ended.then(() => {
    throw new Error(`records ended: ${output}`);
  });
  failed.catch(() => {});
  await Promise.race([ready(), failed]);
  return {
    output: () => output,
    kill: async (signal) => {
      child.kill(signal);
      const [code] = (await ended) as [number | null];
      return code;
    },
    metrics: async () => (await health('metrics')).text(),
  };
}

export const recordsClient = (nats: NatsConnection): ClientOf<typeof records> => clientOf(records, nats);

/** Answers `attestation.keys` in the place of `identity`. */
export function answerAttestationKeys(nats: NatsConnection, keys: readonly PublicJwk[]): void {
  nats.subscribe(rpcSubject(identity.name, 'attestation.keys'), {
    callback: (_, message) => void message.respond(JSON.stringify({ ok: { keys } })),
  });
}
