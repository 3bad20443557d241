import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { check, deploy, develop } from './migrate.js';
import { startServers } from './servers.js';
import { SetupError } from './setup-error.js';
import { root } from './workspace.js';

const usage = `usage: npm run db -- check APP         do the migrations give prisma/schema.prisma?
       npm run db -- dev NAME APP      write the migration NAME for what schema.prisma changed
       npm run db -- deploy APP        apply the migrations to CALLBOOK_DATABASE_URL (…?schema=APP)
APP is a folder of apps/ that has prisma/schema.prisma.`;

/** Returns the exit code. */
async function main([command, ...rest]: readonly string[]): Promise<number> {
  const app = rest.at(-1);
  const appDir = path.join(root, 'apps', app ?? '');
  if (!app || !existsSync(path.join(appDir, 'prisma/schema.prisma'))) return misused();

  if (command === 'deploy') {
    const databaseUrl = process.env['CALLBOOK_DATABASE_URL'];
    if (!databaseUrl || rest.length !== 1) return misused();
    console.log(`applied: ${(await deploy({ appDir, databaseUrl })).join(', ') || 'nothing new'}`);
    return 0;
  }
  if (command === 'check' && rest.length === 1) {
    const difference = await onNewDatabase(app, (database) => check({ appDir, ...database }));
    if (difference === undefined) {
      console.log(`${app}: the migrations give schema.prisma`);
      return 0;
    }
    console.error(`${app}: schema.prisma has what the migrations do not give:\n${difference}`);
    return 1;
  }
  if (command === 'dev' && rest.length === 2) {
    const made = await onNewDatabase(app, (database) => develop({ appDir, ...database }, rest[0] ?? ''));
    console.log(made === undefined ? `${app}: schema.prisma has not changed` : `${app}: new migration ${made}`);
    return 0;
  }
  return misused();
}

function misused(): number {
  console.error(usage);
  return 2;
}

/** A database of its own, so that neither drift nor data of a running Callbook enters a migration. */
async function onNewDatabase<T>(
  app: string,
  work: (database: { databaseUrl: string; adminUrl: string }) => Promise<T>,
): Promise<T> {
  const dir = mkdtempSync(path.join(tmpdir(), 'callbook-db-'));
  try {
    const servers = await startServers({
      dir,
      only: ['postgres'],
      ports: 'free',
      databaseRoles: [app],
      progress: console.error,
    });
    try {
      return await work({ databaseUrl: servers.postgres.url(app), adminUrl: servers.postgres.adminUrl() });
    } finally {
      await servers.stop();
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  if (error instanceof SetupError && error.hint) console.error(error.hint);
  process.exitCode = 1;
}
