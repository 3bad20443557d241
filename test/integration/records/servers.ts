import { natsPermissions } from '@callbook/contracts';
import { deploy, startServers, type Servers } from '@callbook/local';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openDatabase, type Database, type DatabaseOptions } from '../../../apps/records/src/database-store.js';

export type RecordsServers = Servers<'postgres' | 'nats'>;

/** PostgreSQL with the tables of `records`, and NATS with the permissions of a real installation and a user who may do everything. */
export async function startRecordsServers(): Promise<
  RecordsServers & { openDatabase(commit?: DatabaseOptions['commit']): Database }
> {
  const dir = mkdtempSync(path.join(tmpdir(), 'callbook-records-'));
  const all = { publish: ['>'], subscribe: ['>'] };
  const servers = await startServers({
    dir,
    only: ['postgres', 'nats'],
    ports: 'free',
    natsPermissions: { ...natsPermissions(), all },
  });
  const databaseUrl = servers.postgres.url('records');
  await deploy({ appDir: path.resolve(import.meta.dirname, '../../../apps/records'), databaseUrl });
  return {
    ...servers,
    openDatabase: (commit = 'durable') => openDatabase(databaseUrl, { connections: 16, commit }),
    stop: async () => {
      await servers.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

export async function emptyTables(database: Database): Promise<void> {
  await database.$executeRaw`TRUNCATE binding, statement, outbox`;
}
