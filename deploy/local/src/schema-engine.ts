import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import {
  bindMigrationAwareSqlAdapterFactory,
  ColumnTypeEnum,
  type ErrorCapturingSqlMigrationAwareDriverAdapterFactory,
  type ErrorRegistry,
  type SqlDriverAdapter,
  type SqlQuery,
  type SqlQueryable,
  type SqlResultSet,
} from '@prisma/driver-adapter-utils';
import type { SchemaEngine } from '@prisma/schema-engine-wasm/schema_engine_bg';
import pg from 'pg';

export interface EngineOptions {
  /** As whom the migrations run; they make their tables in `schema`. */
  readonly databaseUrl: string;
  readonly schema: string;
  /** May create and drop databases; needed by what compares the migrations with schema.prisma. */
  readonly adminUrl?: string;
  readonly datamodels: [file: string, content: string][];
}

/** The engine's account of what is wrong with a schema or a migration, or the database's. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}

/**
 * Prisma's own schema engine as WebAssembly. `prisma migrate` would download it as a binary; the package is the same code of the same
 * version, writes the same `_prisma_migrations` table and the same checksums, so that `prisma migrate deploy` may take over at any time.
 */
export async function withSchemaEngine<T>(
  options: EngineOptions,
  work: (engine: SchemaEngine) => Promise<T>,
): Promise<T> {
  const module = await (loaded ??= load());
  const pools: pg.Pool[] = [];
  const factory = adapterFactory(options, pools);
  try {
    const engine = await module.SchemaEngine.new({ datamodels: options.datamodels }, () => undefined, factory);
    try {
      return await work(engine);
    } finally {
      engine.free();
    }
  } catch (error) {
    throw readable(error, factory.errorRegistry);
  } finally {
    await Promise.all(pools.map((pool) => pool.end()));
  }
}

/** Of the language's library for browsers, which the project does not use. */
declare const WebAssembly: {
  instantiate(code: Uint8Array, imports: object): Promise<{ instance: { exports: { __wbindgen_start(): void } } }>;
};

type EngineModule = typeof import('@prisma/schema-engine-wasm/schema_engine_bg');

let loaded: Promise<EngineModule> | undefined; // one instance a process: the module keeps it in a variable of its own

async function load(): Promise<EngineModule> {
  const glue = await import('@prisma/schema-engine-wasm/schema_engine_bg');
  const file = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg');
  const code = readFileSync(path.join(path.dirname(file), 'schema_engine_bg.wasm'));
  const { instance } = await WebAssembly.instantiate(code, { './schema_engine_bg.js': glue });
  glue.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
  Object.assign(globalThis, {
    PRISMA_WASM_PANIC_REGISTRY: { set_message: (message: string) => console.error(message) },
  });
  return glue;
}

function adapterFactory(
  { databaseUrl, schema, adminUrl }: EngineOptions,
  pools: pg.Pool[],
): ErrorCapturingSqlMigrationAwareDriverAdapterFactory {
  const open = async (connectionString: string): Promise<SqlDriverAdapter> => {
    // The engine writes unqualified names; where they lead is the search path's business, also on a database where the role has none.
    const pool = new pg.Pool({ connectionString, options: `-c search_path=${schema}`, max: 2 });
    pools.push(pool);
    // adapter-pg was compiled against a later @types/pg than ours: the same class to the program, another to the compiler.
    const factory = new PrismaPg(pool as unknown as ConstructorParameters<typeof PrismaPg>[0], { schema });
    return corrected(await factory.connect(), pool);
  };
  const { provider, adapterName } = new PrismaPg('');
  return bindMigrationAwareSqlAdapterFactory({
    provider,
    adapterName,
    connect: () => open(databaseUrl),
    connectToShadowDb: async () => {
      if (!adminUrl) throw new Error('a shadow database needs an administrator’s URL');
      const name = `shadow_${process.pid}_${Date.now()}`;
      await execute(adminUrl, `create database "${name}"`);
      const url = new URL(adminUrl);
      url.pathname = name;
      await execute(url.href, `create schema if not exists "${schema}"`);
      const shadow = await open(url.href);
      shadow.dispose = () => execute(adminUrl, `drop database "${name}" with (force)`);
      return shadow;
    },
  });
}

/** Errors of the driver cross the engine as a number; what the engine says itself comes with a stack inside WebAssembly. */
function readable(error: unknown, registry: ErrorRegistry): unknown {
  if (!(error instanceof Error) || error.name !== 'SchemaConnectorError') return error;
  const id = /External error id#(\d+)/.exec(error.message)?.[1];
  const cause = id === undefined ? undefined : registry.consumeError(Number(id))?.error;
  const where = /migration_name="([^"]+)"/.exec(error.message)?.[1];
  const told = cause instanceof Error ? cause.message : (error.message.split('\n   0: ')[0] ?? '');
  return new MigrationError(where ? `${where}: ${told}` : told, { cause: cause ?? error });
}

async function execute(connectionString: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/**
 * adapter-pg was made for applications' queries, not for migrations. Put right here:
 * - it has no mapping for the catalogue's one-octet type "char" (oid 18), which the engine reads, and so refuses the whole result;
 * - it cuts a script at every semicolon, also inside a function's body; PostgreSQL takes the script whole (and as one transaction);
 * - its shadow database ignores the name when it was given a URL, and drops it while connected (so it is opened above).
 */
function corrected(adapter: SqlDriverAdapter, pool: pg.Pool): SqlDriverAdapter {
  pool.on('error', () => undefined); // the shadow's idle connections are cut when it is dropped
  readCharColumns(adapter, pool);
  adapter.executeScript = async (script) => {
    await pool.query(script);
  };
  const startTransaction = adapter.startTransaction.bind(adapter);
  adapter.startTransaction = async (isolation) => {
    const transaction = await startTransaction(isolation);
    readCharColumns(transaction, (transaction as unknown as { client: pg.PoolClient }).client);
    return transaction;
  };
  return adapter;
}

const CHAR = 18;
const TEXT = 25;
const charColumns = new WeakMap<readonly unknown[], number[]>(); // by the result's rows, which adapter-pg hands on as they are
const watched = new WeakSet<object>();

/** Passes "char" columns through the adapter as text and gives them their type, and '' its meaning NUL, on the way out. */
function readCharColumns(adapter: SqlQueryable, client: pg.Pool | pg.PoolClient): void {
  if (!watched.has(client)) {
    watched.add(client);
    const query = client.query.bind(client) as (...args: unknown[]) => unknown;
    const noting = async (...args: unknown[]): Promise<unknown> => {
      if (typeof args.at(-1) === 'function') return query(...args); // the pool's own use of its clients
      const result = (await query(...args)) as pg.QueryArrayResult;
      const columns = (result.fields ?? []).flatMap((field, index) => (field.dataTypeID === CHAR ? [index] : []));
      for (const column of columns) result.fields[column]!.dataTypeID = TEXT;
      if (columns.length > 0) charColumns.set(result.rows, columns);
      return result;
    };
    client.query = noting as typeof client.query;
  }
  const queryRaw = adapter.queryRaw.bind(adapter);
  adapter.queryRaw = async (query: SqlQuery): Promise<SqlResultSet> => {
    const result = await queryRaw(query);
    for (const column of charColumns.get(result.rows) ?? []) {
      result.columnTypes[column] = ColumnTypeEnum.Character;
      for (const row of result.rows) if (row[column] === '') row[column] = '\0';
    }
    return result;
  };
}
