import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { MigrationError, withSchemaEngine, type EngineOptions } from './schema-engine.js';

export interface Database {
  /** Holds prisma/schema.prisma and prisma/migrations. */
  readonly appDir: string;
  /** `…?schema=NAME` says where the tables are; `public` unless told. */
  readonly databaseUrl: string;
  readonly adminUrl?: string;
}

/** Applies what has not been applied yet; several at once wait for each other. Returns the names of the applied ones. */
export async function deploy(database: Database): Promise<string[]> {
  return alone(database, async () => {
    const migrationsList = migrations(database);
    return withSchemaEngine(engineOptions(database), async (engine) => {
      const { editedMigrationNames, failedMigrationNames } = await engine.diagnoseMigrationHistory({
        migrationsList,
        optInToShadowDatabase: false,
        filters,
      });
      if (editedMigrationNames.length > 0) {
        throw new MigrationError(`edited after they were applied: ${editedMigrationNames.join(', ')}`);
      }
      if (failedMigrationNames.length > 0) {
        throw new MigrationError(`failed half-way before, needs a person to look: ${failedMigrationNames.join(', ')}`);
      }
      return (await engine.applyMigrations({ migrationsList, filters })).appliedMigrationNames;
    });
  });
}

/** Do the migrations give what schema.prisma says? Undefined when so, else the SQL that is missing. */
export async function check(database: Database & { readonly adminUrl: string }): Promise<string | undefined> {
  const { exitCode, stdout } = await withSchemaEngine(engineOptions(database), (engine) =>
    engine.diff({
      from: { tag: 'migrations', ...migrations(database) },
      to: { tag: 'schemaDatamodel', ...schema(database) },
      script: true,
      exitCode: true,
      filters,
    }),
  );
  return exitCode === 0 ? undefined : (stdout ?? '');
}

/**
 * Writes prisma/migrations/<time>_<name>/migration.sql for what schema.prisma changed, and applies it. Returns the migration's name,
 * undefined when nothing has changed.
 */
export async function develop(
  database: Database & { readonly adminUrl: string },
  name: string,
): Promise<string | undefined> {
  const made = await alone(database, () =>
    withSchemaEngine(engineOptions(database), async (engine) => {
      const { action } = await engine.devDiagnostic({ migrationsList: migrations(database), filters });
      if (action.tag === 'reset') throw new MigrationError(action.reason);
      await engine.applyMigrations({ migrationsList: migrations(database), filters });
      const { migrationScript, generatedMigrationName } = await engine.createMigration({
        draft: false,
        migrationName: name,
        migrationsList: migrations(database),
        schema: schema(database),
        filters,
      });
      if (migrationScript === null) return undefined;
      const base = path.join(database.appDir, 'prisma/migrations');
      mkdirSync(path.join(base, generatedMigrationName), { recursive: true });
      writeFileSync(path.join(base, generatedMigrationName, 'migration.sql'), migrationScript);
      writeFileSync(path.join(base, 'migration_lock.toml'), lockText);
      return generatedMigrationName;
    }),
  );
  if (made !== undefined) await deploy(database);
  return made;
}

/** Without it the engine does not know what kind of database an empty list of migrations is for. */
const lockText = 'provider = "postgresql"\n';

const filters = { externalTables: [], externalEnums: [] };

function schema({ appDir }: Database): { files: { path: string; content: string }[] } {
  const file = path.join(appDir, 'prisma/schema.prisma');
  return { files: [{ path: file, content: readFileSync(file, 'utf8') }] };
}

type MigrationList = Parameters<
  Parameters<Parameters<typeof withSchemaEngine>[1]>[0]['applyMigrations']
>[0]['migrationsList'];

function migrations({ appDir }: Database): MigrationList {
  const baseDir = path.join(appDir, 'prisma/migrations');
  const lock = path.join(baseDir, 'migration_lock.toml');
  const names = existsSync(baseDir)
    ? readdirSync(baseDir, { withFileTypes: true }).filter((entry) => entry.isDirectory())
    : [];
  return {
    baseDir,
    shadowDbInitScript: '',
    lockfile: { path: 'migration_lock.toml', content: existsSync(lock) ? readFileSync(lock, 'utf8') : lockText },
    migrationDirectories: names
      .map((entry) => entry.name)
      .sort()
      .map((name) => ({
        path: name,
        migrationFile: {
          path: 'migration.sql',
          content: { tag: 'ok' as const, value: readFileSync(path.join(baseDir, name, 'migration.sql'), 'utf8') },
        },
      })),
  };
}

function schemaName({ databaseUrl }: Database): string {
  const name = new URL(databaseUrl).searchParams.get('schema') ?? 'public';
  if (!/^[a-z_][a-z0-9_]*$/.test(name)) throw new MigrationError(`not a schema name: ${JSON.stringify(name)}`);
  return name;
}

function engineOptions(database: Database): EngineOptions {
  return {
    databaseUrl: database.databaseUrl,
    schema: schemaName(database),
    datamodels: schema(database).files.map(({ path: file, content }) => [file, content]),
    ...(database.adminUrl ? { adminUrl: database.adminUrl } : {}),
  };
}

/**
 * Two that apply the same migrations at once end in an error or a deadlock. The lock is the database's, so it counts between machines
 * too, and falls with the connection. 0x63616c6c ("call") is ours among the advisory locks; the second half tells schemas apart.
 */
async function alone<T>(database: Database, work: () => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: database.databaseUrl });
  client.on('error', () => undefined); // the work's own connections tell of a lost server
  await client.connect();
  try {
    await client.query("set lock_timeout = '120s'");
    await client.query('select pg_advisory_lock($1, hashtext($2))', [0x63616c6c, schemaName(database)]);
    return await work();
  } finally {
    await client.end();
  }
}
