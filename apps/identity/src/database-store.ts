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

/**
 * Waiting helps. Prisma: not reachable, timed out, connection closed, pool or transaction not to be had in time, rolled back. Its adapter's
 * kinds. PostgreSQL's classes: 08 connection, 53 resources (disk full, too many connections), 57 operator intervention, 40 rolled back. Sockets.
 */
const passing =
  /^(P1001|P1002|P1008|P1011|P1017|P2024|P2028|P2034|P2037|P2039|DatabaseNotReachable|ConnectionClosed|SocketTimeout|TooManyConnections|(08|53|57|40)...|E[A-Z]{5,})$/;
/** What the driver says, without a code, of a connection that was cut, also in the middle of a transaction. */
const cut = /connection terminated|connection error|timeout exceeded when trying to connect/i;

/** The same fault lies deeper or less deep, by whether Prisma, its adapter or the driver met it first. */
function isUnavailable(error: unknown, depth = 0): boolean {
  if (error instanceof CallbookError || typeof error !== 'object' || error === null || depth > 4) return false;
  const { code, kind, originalCode, message, cause, meta, driverAdapterError } = error as Record<string, unknown>;
  return (
    [code, kind, originalCode].some((sign) => typeof sign === 'string' && passing.test(sign)) ||
    (typeof message === 'string' && cut.test(message)) ||
    [cause, meta, driverAdapterError].some((inner) => isUnavailable(inner, depth + 1))
  );
}
