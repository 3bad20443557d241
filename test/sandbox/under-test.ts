import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Vonage } from '@vonage/server-sdk';
import { sandboxAt } from './sandbox-client.js';
import { startSandbox, type Sandbox, type SandboxOptions } from './sandbox.js';

const application = generateKeyPairSync('rsa', {
  modulusLength: 2_048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

export const account = {
  apiKey: 'abcd1234',
  apiSecret: 'the API secret of a test',
  applicationId: '78d335fa-323d-0114-9c3d-d6f0d48968cf',
  publicKeyPem: application.publicKey,
  signatureSecret: 'the signature secret of a test',
};

export const { privateKey } = application;

export const ann = '+447700900123';
export const ben = '+447700900124';
export const sender = 'Callbook';

/** The real SDK, as the account's owner sets it up. */
export const vonageWithKey = (sandbox: { url: string }, { apiSecret = account.apiSecret, timeout = 10_000 } = {}) =>
  new Vonage({ apiKey: account.apiKey, apiSecret }, { apiHost: sandbox.url, restHost: sandbox.url, timeout });

/** The real SDK with an application's JWT. */
export const vonageWithToken = (
  sandbox: { url: string },
  credentials = { applicationId: account.applicationId, privateKey },
) => new Vonage(credentials, { apiHost: sandbox.url, restHost: sandbox.url, timeout: 10_000 });

type Change = Pick<SandboxOptions, 'webhookUrl' | 'ca'>;
export type Start = (change?: Change) => Promise<Sandbox>;

const startHere: Start = (change = {}) => startSandbox({ ...account, ...change });

/** Runs `main.ts` with its settings in the environment. */
const startApart: Start = async ({ webhookUrl, ca } = {}) => {
  const port = await freePort();
  const dir = mkdtempSync(path.join(tmpdir(), 'callbook-sandbox-'));
  writeFileSync(path.join(dir, 'public.pem'), account.publicKeyPem);
  if (ca !== undefined) writeFileSync(path.join(dir, 'ca.pem'), ca);
  const main = path.join(import.meta.dirname, 'main.ts');
  const child = spawn(process.execPath, ['--import', '@swc-node/register/esm-register', main], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      PATH: process.env['PATH'],
      CALLBOOK_SANDBOX_PORT: String(port),
      CALLBOOK_SANDBOX_API_KEY: account.apiKey,
      CALLBOOK_SANDBOX_API_SECRET: account.apiSecret,
      CALLBOOK_SANDBOX_APPLICATION_ID: account.applicationId,
      CALLBOOK_SANDBOX_PUBLIC_KEY_FILE: path.join(dir, 'public.pem'),
      CALLBOOK_SANDBOX_SIGNATURE_SECRET: account.signatureSecret,
      ...(webhookUrl !== undefined && { CALLBOOK_SANDBOX_WEBHOOK_URL: webhookUrl }),
      ...(ca !== undefined && { CALLBOOK_SANDBOX_CA_FILE: path.join(dir, 'ca.pem') }),
    },
  });
  const ended = once(child, 'exit');
  const url = `http://127.0.0.1:${port}`;
  await untilReady(url, ended);
  return {
    ...sandboxAt(url),
    stop: async () => {
      child.kill('SIGTERM');
      const [status] = (await ended) as [number | null];
      rmSync(dir, { recursive: true });
      if (status !== 0) throw new Error(`the sandbox ended with status ${status}`);
    },
  };
};

/** What a sandbox does, it does wherever it runs. */
export const bothWays: readonly (readonly [string, Start])[] = [
  ['in this process', startHere],
  ['as a process of its own', startApart],
];

async function untilReady(url: string, ended: Promise<unknown>): Promise<void> {
  const gone = ended.then(() => {
    throw new Error('the sandbox ended before it was ready');
  });
  const ready = async () => {
    while (!(await fetch(`${url}/readyz`).catch(() => undefined))?.ok) await pause(50);
  };
  await Promise.race([ready(), gone]);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
