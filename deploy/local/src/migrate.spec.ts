import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { check, deploy, develop } from './migrate.js';
import { startServers, type Servers } from './servers.js';

const dir = mkdtempSync(path.join(tmpdir(), 'callbook-migrate-'));
const appDir = path.join(dir, 'app');
const migrations = path.join(appDir, 'prisma/migrations');
const schema = `datasource db {
  provider = "postgresql"
}
model Number {
  id      Int       @id @default(autoincrement())
  e164    String    @unique
  state   State
  routes  Route[]
}
model Route {
  id       Int    @id
  number   Number @relation(fields: [numberId], references: [id], onDelete: Cascade)
  numberId Int
}
enum State {
  free
  taken
}
`;
let servers: Servers<'postgres'>;
let records: { appDir: string; databaseUrl: string; adminUrl: string };

beforeAll(async () => {
  mkdirSync(path.join(appDir, 'prisma'), { recursive: true });
  writeFileSync(path.join(appDir, 'prisma/schema.prisma'), schema);
  servers = await startServers({ dir, only: ['postgres'], ports: 'free' });
  records = { appDir, databaseUrl: servers.postgres.url('records'), adminUrl: servers.postgres.adminUrl() };
});
afterAll(async () => {
  await servers?.stop();
  rmSync(dir, { recursive: true, force: true });
});

async function tablesOf(role: string): Promise<string[]> {
  const client = new pg.Client(servers.postgres.adminUrl());
  await client.connect();
  const { rows } = await client.query<{ tablename: string }>(
    'select tablename from pg_tables where schemaname = $1 order by 1',
    [role],
  );
  await client.end();
  return rows.map(({ tablename }) => tablename);
}

it('says what the migrations lack, writes them, and then finds nothing more', async () => {
  expect(await check(records)).toContain('CREATE TABLE "Number"');
  expect(await develop(records, 'first')).toMatch(/^\d{14}_first$/);
  expect(await develop(records, 'second')).toBeUndefined();
  expect(await check(records)).toBeUndefined();
  expect(await tablesOf('records')).toEqual(['Number', 'Route', '_prisma_migrations']);
});

it('applies each migration once when three start together', async () => {
  const signer = { appDir, databaseUrl: servers.postgres.url('signer') };
  const applied = await Promise.all([deploy(signer), deploy(signer), deploy(signer)]);
  expect(applied.flat()).toEqual([expect.stringMatching(/_first$/)]);
  expect(await tablesOf('signer')).toEqual(['Number', 'Route', '_prisma_migrations']);
});

it('runs a function’s body whole, semicolons and all', async () => {
  mkdirSync(path.join(migrations, '29990101000000_trigger'));
  writeFileSync(
    path.join(migrations, '29990101000000_trigger/migration.sql'),
    `create function keep() returns trigger language plpgsql as $$ begin perform 1; return new; end $$;
     create trigger keep before update on "Number" for each row execute function keep();`,
  );
  expect(await deploy(records)).toEqual(['29990101000000_trigger']);
});

it('tells the database’s own words about a migration that fails, and goes no further', async () => {
  mkdirSync(path.join(migrations, '29990102000000_wrong'));
  writeFileSync(
    path.join(migrations, '29990102000000_wrong/migration.sql'),
    'create table kept (id int); alter table nowhere add x int;',
  );
  await expect(deploy(records)).rejects.toThrow(/29990102000000_wrong: .*nowhere/s);
  expect(await tablesOf('records')).not.toContain('kept');
  await expect(deploy(records)).rejects.toThrow('failed half-way before');
  rmSync(path.join(migrations, '29990102000000_wrong'), { recursive: true });
});

it('refuses a migration that was edited after it was applied', async () => {
  appendFileSync(path.join(migrations, '29990101000000_trigger/migration.sql'), '\n-- changed');
  await expect(deploy({ ...records, databaseUrl: servers.postgres.url('records') })).rejects.toThrow(
    'edited after they were applied: 29990101000000_trigger',
  );
});
