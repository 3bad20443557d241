import { CallbookError } from '@callbook/contracts';
import { PrismaPg } from '@prisma/adapter-pg';
import { Prisma, PrismaClient } from './generated/client.js';

export type Database = PrismaClient;
/** The database inside a transaction. */
export type Transaction = Prisma.TransactionClient;

const schema = 'identity';
/** Connections of one replica. */
const connections = 10;

export const openDatabase = (connectionString: string): Database =>
  new PrismaClient({
    adapter: new PrismaPg(
      {
        connectionString,
        max: connections,
        connectionTimeoutMillis: 4_000,
        // The adapter writes times without an offset and drops the offset when it reads: both are right in UTC only.
        options: '-c timezone=UTC',
      },
      { schema },
    ),
    errorFormat: 'minimal',
  });

/** Throws unless the database answers. */
export async function pingDatabase(database: Database): Promise<void> {
  await database.$queryRaw`SELECT 1`;
}

/** Runs `work` in one transaction. Errors: UNAVAILABLE (retry later: it may have taken effect) when the database is not to be had. */
export const transaction = <T>(database: Database, work: (transaction: Transaction) => Promise<T>): Promise<T> =>
  reach(database.$transaction(work, { maxWait: 4_000, timeout: 5_000 }));

/** The result of one statement. Errors: as `transaction`. */
export const reach = <T>(result: Promise<T>): Promise<T> =>
  result.catch((error: unknown) => {
    throw isUnavailable(error)
      ? new CallbookError('UNAVAILABLE', 'the database cannot be reached', {
          retry: 'later',
          retryAfter: 2,
          cause: error,
        })
      : error;
  });

/** Prisma: not reachable, timed out, connection closed, pool or transaction not to be had in time. */
const prismaUnavailable = ['P1001', 'P1002', 'P1008', 'P1011', 'P1017', 'P2024', 'P2028', 'P2037'];
/** PostgreSQL: connection, insufficient resources (disk full, too many connections), operator intervention. */
const postgresUnavailable = /^(08|53|57)/;
const socketUnavailable = ['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH'];

function isUnavailable(error: unknown): boolean {
  if (error instanceof CallbookError || !(error instanceof Error)) return false;
  const { code, meta, cause } = error as Error & { code?: unknown; meta?: { driverAdapterError?: unknown } };
  const { originalCode, kind } = ((meta?.driverAdapterError as Error | undefined)?.cause ?? cause ?? {}) as {
    originalCode?: unknown;
    kind?: unknown;
  };
  return (
    (typeof code === 'string' &&
      (prismaUnavailable.includes(code) || socketUnavailable.includes(code) || postgresUnavailable.test(code))) ||
    (typeof originalCode === 'string' && postgresUnavailable.test(originalCode)) ||
    ['DatabaseNotReachable', 'ConnectionClosed', 'SocketTimeout', 'TooManyConnections'].includes(String(kind)) ||
    /Connection terminated|timeout exceeded when trying to connect/.test(error.message)
  );
}
