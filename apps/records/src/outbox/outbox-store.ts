import { asked, type Database } from '../database-store.js';

/** An event that is to be published. */
export interface OutboxEntry {
  /** Message id in the stream. */
  readonly id: string;
  readonly payload: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

export interface Outbox {
  /**
   * Hands the oldest unpublished events, at most `limit`, to `work`, and marks those whose ids it returns as published. Meanwhile no other
   * relay gets them. Ends with how many were handed over.
   */
  deliver(limit: number, now: () => number, work: DeliverEntries): Promise<number>;
  /** Forgets events that were published before a time; ends with how many. */
  prune(publishedBefore: number): Promise<number>;
}

export type DeliverEntries = (entries: readonly OutboxEntry[]) => Promise<readonly string[]>;

interface Row {
  id: string;
  payload: string;
  created_at: Date;
}

/** Longer than the slowest publication; a relay that hangs loses its transaction, and the events are free for another. */
const transactionTimeout = 20_000;

export const outboxStore = (database: Database): Outbox => ({
  deliver: (limit, now, work) =>
    asked(
      database.$transaction(
        async (transaction) => {
          const rows = await transaction.$queryRaw<Row[]>`
            SELECT id, payload, created_at FROM outbox WHERE published_at IS NULL
            ORDER BY position LIMIT ${limit} FOR UPDATE SKIP LOCKED`;
          if (rows.length === 0) return 0;
          const published = await work(
            rows.map(({ id, payload, created_at }) => ({ id, payload, createdAt: created_at.getTime() })),
          );
          if (published.length > 0)
            await transaction.$executeRaw`
              UPDATE outbox SET published_at = ${new Date(now())}::timestamptz WHERE id = ANY(${[...published]}::uuid[])`;
          return rows.length;
        },
        { timeout: transactionTimeout, maxWait: 5_000 },
      ),
    ),

  prune: (publishedBefore) =>
    asked(database.outbox.deleteMany({ where: { publishedAt: { lt: new Date(publishedBefore) } } })).then(
      ({ count }) => count,
    ),
});
