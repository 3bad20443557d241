import { CallbookError } from '@callbook/contracts';
import { PrismaPg } from '@prisma/adapter-pg';
import { Prisma, PrismaClient } from './generated/client.js';

export type Database = PrismaClient;

export interface DatabaseOptions {
  /** The most connections. */
  readonly connections: number;
  /** `lazy`: a commit does not wait for the disk. What was committed last may be gone after a crash of the server, and nothing else. */
  readonly commit: 'durable' | 'lazy';
}

/**
 * Opens the database of this service; it connects when first asked. The schema comes from the URL (`?schema=`), so that no statement names
 * it.
 */
export function openDatabase(url: string, { connections, commit }: DatabaseOptions): Database {
  const schema = new URL(url).searchParams.get('schema') ?? 'public';
  const settings = {
    search_path: schema,
    statement_timeout: '10000',
    // The adapter writes times without an offset and drops the offset when it reads: both are right in UTC only.
    timezone: 'UTC',
    ...(commit === 'lazy' && { synchronous_commit: 'off' }),
  };
  const pool = {
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: 5_000,
    application_name: 'callbook-records',
    options: Object.entries(settings)
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(' '),
  };
  return new PrismaClient({ adapter: new PrismaPg(pool, { schema }) });
}

export async function reachable(database: Database): Promise<true> {
  await database.$queryRaw`SELECT 1`;
  return true;
}

/**
 * The database is away, full, or ending, or it ended the statement: the same request may succeed later. Prisma's codes
 * (P1001, P1002 not reached; P1008, P2024, P2028 too slow; P1017 closed; P2034 rolled back), the kinds of its adapter, PostgreSQL's classes
 * (08 connection, 53 resources, 57 operator's intervention, 40 rolled back), and what the driver says of a connection that was cut, which
 * has no code.
 */
const passing =
  /^(P1001|P1002|P1008|P1017|P2024|P2028|P2034|DatabaseNotReachable|ConnectionClosed|SocketTimeout|08...|53...|57...|40...)$|^E[A-Z]{5,}$|^connection terminated|connection error/i;

/** Errors: UNAVAILABLE (retry later) where waiting helps, which leaves open whether a write happened; the rest as it came. */
export async function asked<T>(work: PromiseLike<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    if (signsOf(cause).some((sign) => passing.test(sign)))
      throw new CallbookError('UNAVAILABLE', 'the database cannot be asked', { retry: 'later', retryAfter: 1, cause });
    throw cause;
  }
}

/** Prisma wraps what the driver says once or twice, under several names. */
function signsOf(error: unknown, depth = 0): string[] {
  if (typeof error !== 'object' || error === null || depth > 4) return [];
  const { code, kind, originalCode, message, cause, meta, driverAdapterError } = error as Record<string, unknown>;
  const own = [code, kind, originalCode, code === undefined ? message : undefined];
  return [
    ...own.filter((sign) => typeof sign === 'string'),
    ...[cause, meta, driverAdapterError].flatMap((inner) => signsOf(inner, depth + 1)),
  ];
}

export { Prisma };
