import { errorFields, type Log } from '@callbook/process';
import type { Name } from '@callbook/dns';
import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';

export interface Leadership {
  /** Calls back, once, when the lock may be another's. */
  onLost(act: () => void): void;
  end(): Promise<void>;
}

const tryAgainAfter = 300;
const beatEvery = 2_000;
const answerWithin = 5_000;
/** A leader that has not been heard of for this long hangs, or cannot be reached: the database ends its session, and with it the lock. */
const silentFor = 6_000;

/**
 * Waits until this process holds the zone's advisory lock in PostgreSQL, on a connection of its own: the lock lives as long as the
 * session. `standBy` is called once when another process holds it. A database that cannot be reached is waited for. Errors: when the signal
 * ends it.
 */
export async function takeLeadership(
  deps: { readonly databaseUrl: string; readonly log: Log; readonly standBy: () => void },
  zone: Name,
  signal: AbortSignal,
): Promise<Leadership> {
  let standingBy = false;
  for (;;) {
    signal.throwIfAborted();
    const client = await connect(deps.databaseUrl).catch((error: unknown) => {
      deps.log.warn('leader.database_unreachable', errorFields(error));
      return undefined;
    });
    while (client) {
      const held = await tryLock(client, zone).catch(() => undefined);
      if (held === true) return watch(client);
      if (held === undefined || signal.aborted) break;
      if (!standingBy) {
        standingBy = true;
        deps.log.info('leader.standing_by');
        deps.standBy();
      }
      await pause(tryAgainAfter);
    }
    await client?.end().catch(() => {});
    signal.throwIfAborted();
    await pause(tryAgainAfter);
  }
}

async function connect(databaseUrl: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: 'callbook-signer-leader',
    connectionTimeoutMillis: answerWithin,
    query_timeout: answerWithin,
    options: `-c idle_session_timeout=${silentFor}`,
    keepAlive: true,
    keepAliveInitialDelayMillis: beatEvery,
  });
  // Without a listener an error of the connection would be an uncaught one; the next query tells of it.
  client.on('error', () => {});
  await client.connect();
  return client;
}

/** Advisory locks are numbers: ours are drawn from the zone's name. */
const lockOf = (zone: Name) =>
  createHash('sha256').update('callbook signer ').update(zone.lower().wire).digest().readBigInt64BE(0).toString();

async function tryLock(client: pg.Client, zone: Name): Promise<boolean> {
  const { rows } = await client.query<{ held: boolean }>('SELECT pg_try_advisory_lock($1::bigint) AS held', [
    lockOf(zone),
  ]);
  return rows[0]!.held;
}

function watch(client: pg.Client): Leadership {
  let act: (() => void) | undefined;
  let over = false;
  const lost = () => {
    if (over) return;
    over = true;
    clearInterval(beat);
    act?.();
  };
  client.on('error', lost);
  client.on('end', lost);
  const beat = setInterval(() => void client.query('SELECT 1').catch(lost), beatEvery);
  return {
    onLost: (handler) => {
      act = handler;
    },
    end: async () => {
      over = true;
      clearInterval(beat);
      await client.end().catch(() => {});
    },
  };
}
