import { clientOf } from '@callbook/process';
import { DATABASE, deploy, freePort, startServers, type Servers } from '@callbook/local';
import { identity, verificationSealInfo, type ClientOf, type PublicJwk, type Verification } from '@callbook/contracts';
import { generateKeyPair, jwkOf, openSecret, sealedFromSms } from '@callbook/keys';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { startSandbox, type Sandbox } from '../../sandbox/index.js';

const root = path.resolve(import.meta.dirname, '../../..');
const appDir = path.join(root, 'apps/identity');

export const directory = 'callbook.example';
export const signatureSecret = 'the signature secret of a test account';
export const apiKey = 'abcd1234';
const apiSecret = 'the API secret of a test account';

/** One replica of the real service. */
export interface Replica {
  readonly child: ChildProcess;
  readonly healthPort: number;
  /** All that it has printed. */
  output(): string;
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

export interface Holder {
  readonly account: string;
  readonly accountKey: PublicJwk;
  readonly encryptionKey: PublicJwk;
  /** The secret in a message to this holder. */
  open(text: string, verification: Pick<Verification, 'id' | 'identifier'>): Promise<string>;
}

/** Real PostgreSQL, Redis and NATS, the fake telephone network, and as many replicas of identity as are asked for. */
export class IdentityWorld {
  readonly replicas: Replica[] = [];

  private constructor(
    readonly servers: Servers,
    readonly sandbox: Sandbox,
    readonly nats: NatsConnection,
    readonly rpc: ClientOf<typeof identity>,
    readonly database: pg.Pool,
    /** Stands for the gateway: passes webhooks on as they come. */
    private readonly hooks: Server,
  ) {}

  static async start(settings: Readonly<Record<string, string>> = {}, replicas = 1): Promise<IdentityWorld> {
    const servers = await startServers({ dir: mkdtempSync(path.join(tmpdir(), 'callbook-identity-')), ports: 'free' });
    await inAnotherTimeZone(servers.postgres.adminUrl());
    await deploy({ appDir, databaseUrl: servers.postgres.url('identity') });
    const nats = await connect({
      servers: servers.nats.url,
      user: 'all',
      pass: servers.nats.password('all'),
      maxReconnectAttempts: -1,
    });
    const rpc = clientOf(identity, nats);
    const hooks = await passOn(rpc);
    const sandbox = await startSandbox({ apiKey, apiSecret, signatureSecret });
    const database = new pg.Pool({ connectionString: servers.postgres.url('identity'), max: 2 });
    database.on('error', () => {});
    const world = new IdentityWorld(servers, sandbox, nats, rpc, database, hooks);
    try {
      await Promise.all(Array.from({ length: replicas }, () => world.addReplica(settings)));
    } catch (error) {
      await world.stop();
      throw error;
    }
    return world;
  }

  async addReplica(settings: Readonly<Record<string, string>> = {}): Promise<Replica> {
    const healthPort = await freePort();
    const env = {
      CALLBOOK_NATS_URL: this.servers.nats.url,
      CALLBOOK_NATS_USER: 'all',
      CALLBOOK_NATS_PASSWORD: this.servers.nats.password('all'),
      CALLBOOK_HEALTH_PORT: String(healthPort),
      CALLBOOK_LOG_LEVEL: 'debug',
      CALLBOOK_DATABASE_URL: this.servers.postgres.url('identity'),
      CALLBOOK_REDIS_URL: this.servers.redis.url,
      CALLBOOK_KEY_ENCRYPTION_KEY: keyEncryptionKey,
      CALLBOOK_DIRECTORY_NAME: directory,
      CALLBOOK_VONAGE_API_KEY: apiKey,
      CALLBOOK_VONAGE_API_SECRET: apiSecret,
      CALLBOOK_VONAGE_SIGNATURE_SECRET: signatureSecret,
      CALLBOOK_VONAGE_API_URL: this.sandbox.url,
      CALLBOOK_VONAGE_SENDER: 'Callbook',
      CALLBOOK_VONAGE_WEBHOOK_URL: `http://127.0.0.1:${(this.hooks.address() as AddressInfo).port}/hooks/vonage/status`,
      CALLBOOK_VONAGE_TIMEOUT: '1s',
      CALLBOOK_SWEEP_INTERVAL: '500ms',
      // Asks the provider's SDK to print everything: it must not.
      DEBUG: 'vonage*',
      ...settings,
    };
    const replica = spawnReplica(env, healthPort);
    this.replicas.push(replica);
    await untilReady(replica);
    return replica;
  }

  async newHolder(): Promise<Holder> {
    const { publicKey } = generateKeyPair('ed25519');
    const { publicKey: encryption, privateJwk } = generateKeyPair('x25519');
    const accountKey = { ...jwkOf(publicKey) };
    const { id: account } = await this.rpc['account.open']({ key: accountKey });
    return {
      account,
      accountKey,
      encryptionKey: { ...jwkOf(encryption) },
      open: async (text, { id, identifier }) =>
        Buffer.from(
          await openSecret(sealedFromSms(text), privateJwk, { info: verificationSealInfo(directory, id, identifier) }),
        ).toString('base64url'),
    };
  }

  start(holder: Holder, number: string): Promise<Verification> {
    return this.rpc['verification.start']({
      account: holder.account,
      identifier: { type: 'tel', value: number },
      encryptionKey: holder.encryptionKey,
    });
  }

  /** The secret of the newest message to the number, once at least `count` have arrived. */
  async secretOf(holder: Holder, verification: Verification, count = 1): Promise<string> {
    const texts = await this.messagesTo(verification.identifier.slice('tel:'.length), count);
    return holder.open(texts.at(-1)!, verification);
  }

  async messagesTo(number: string, count: number): Promise<string[]> {
    let texts: string[] = [];
    await until(async () => {
      texts = (await this.sandbox.messagesTo(number)).map(({ text }) => text);
      return texts.length >= count;
    }, `${count} messages`);
    return texts;
  }

  async untilDelivery(holder: Holder, id: string, delivery: Verification['delivery']): Promise<Verification> {
    let seen: Verification | undefined;
    await until(
      async () => (seen = await this.rpc['verification.read']({ id, account: holder.account })).delivery === delivery,
      () => `delivery ${delivery}, not ${seen?.delivery}`,
    );
    return seen!;
  }

  async stop(): Promise<void> {
    await Promise.all(this.replicas.map((replica) => replica.stop()));
    await this.nats.close();
    await this.database.end();
    await this.sandbox.stop();
    this.hooks.close();
    this.hooks.closeAllConnections();
    await this.servers.stop();
    rmSync(this.servers.dir, { recursive: true, force: true });
  }
}

const keyEncryptionKey = randomBytes(32).toString('base64url');

/** Where the server keeps its clock must not matter. */
async function inAnotherTimeZone(adminUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  await client.query(`ALTER DATABASE ${DATABASE} SET timezone = 'Asia/Tokyo'`);
  await client.end();
}

/** What the gateway does with the provider's webhooks. */
async function passOn(rpc: ClientOf<typeof identity>): Promise<Server> {
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { authorization = '' } = request.headers;
      rpc['delivery.report']({ authorization, body: Buffer.concat(parts).toString('utf8') }).then(
        () => response.writeHead(204).end(),
        (error: { code?: string }) => response.writeHead(error.code === 'WEBHOOK_UNSIGNED' ? 401 : 503).end(),
      );
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}

function spawnReplica(env: Readonly<Record<string, string>>, healthPort: number): Replica {
  const child = spawn(
    process.execPath,
    ['--conditions=@callbook/source', '--import', '@swc-node/register/esm-register', 'apps/identity/src/main.ts'],
    { cwd: root, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (printed += text.toString()));
  return {
    child,
    healthPort,
    output: () => printed,
    stop: async (signal = 'SIGTERM') => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill(signal);
        child.kill('SIGCONT');
        await once(child, 'exit');
      }
      return child.exitCode;
    },
  };
}

const untilReady = (replica: Replica) =>
  until(
    async () => {
      if (replica.child.exitCode !== null) throw new Error(`identity ended:\n${replica.output()}`);
      const answer = await fetch(`http://127.0.0.1:${replica.healthPort}/readyz`).catch(() => undefined);
      return answer?.status === 200;
    },
    () => `identity to be ready; it said:\n${replica.output().slice(-2_000)}`,
    120_000,
  );

export async function until(
  holds: () => boolean | Promise<boolean>,
  what: string | (() => string),
  within = 60_000,
): Promise<void> {
  const end = Date.now() + within;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`waited in vain for ${typeof what === 'string' ? what : what()}`);
    await pause(25);
  }
}

/** The error code of a call, or `ok`. */
export const codeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'ok',
    (error: { code?: string }) => error.code ?? String(error),
  );

/** How often each occurs. */
export const tally = (codes: readonly string[]): Record<string, number> =>
  codes.reduce<Record<string, number>>((counts, code) => ({ ...counts, [code]: (counts[code] ?? 0) + 1 }), {});
