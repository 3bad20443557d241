import { inboxPrefix, natsPermissions, type ServiceName } from '@callbook/contracts';
import { deploy, startServers, type Servers } from '@callbook/local';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';

export type SignerServers = Servers<'postgres' | 'nats'>;

/** PostgreSQL with the tables of `signer`, and NATS with the permissions of a real installation and a user who may do everything. */
export async function startSignerServers(): Promise<SignerServers> {
  const dir = mkdtempSync(path.join(tmpdir(), 'callbook-signer-'));
  const servers = await startServers({
    dir,
    only: ['postgres', 'nats'],
    ports: 'free',
    natsPermissions: { ...natsPermissions(), all: { publish: ['>'], subscribe: ['>'] } },
  });
  await deploy({
    appDir: path.resolve(import.meta.dirname, '../../../apps/signer'),
    databaseUrl: servers.postgres.url('signer'),
  });
  return {
    ...servers,
    stop: async () => {
      await servers.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

export const connectAs = (servers: SignerServers, user: ServiceName | 'all'): Promise<NatsConnection> =>
  connect({
    servers: servers.nats.url,
    user,
    pass: servers.nats.password(user),
    ...(user !== 'all' && { inboxPrefix: inboxPrefix(user) }),
    maxReconnectAttempts: -1,
    reconnectTimeWait: 50,
  });

/** Asks the database as the signer itself may. */
export async function sql<Row extends object = Record<string, unknown>>(
  servers: SignerServers,
  text: string,
  values: unknown[] = [],
): Promise<Row[]> {
  const client = new pg.Client({ connectionString: servers.postgres.url('signer') });
  await client.connect();
  try {
    return (await client.query(text, values)).rows as Row[];
  } finally {
    await client.end();
  }
}

export const tables = ['zone', 'zone_key', 'rrset', 'publication', 'journal'];
