import { reach, type Database } from '../database-store.js';
import { statesBefore, type MessageState } from './message-state.js';

/** What the sender takes out of the table to hand it over. */
export interface ClaimedMessage {
  readonly id: string;
  /** `tel:` URI. */
  readonly identifier: string;
  readonly text: string;
  /** This time included. */
  readonly attempts: number;
  /** Milliseconds since 1970: nothing after this is of use to the recipient. */
  readonly expiresAt: number;
}

export class MessageStore {
  constructor(private readonly database: Database) {}

  /**
   * `queued` → `sending`, by one caller only. The text leaves the table with it: who was given it sends it, and nobody else ever can.
   * Undefined when it is not queued, or its verification is not open any more; in the second case the message ends as `failed`.
   */
  async claim(id: string, now: number): Promise<ClaimedMessage | undefined> {
    const time = new Date(now);
    const [row] = await reach(
      this.database.$queryRaw<{ identifier: string; text: string; attempts: number; expires_at: Date }[]>`
        WITH due AS (
          SELECT m.id, m.text, v.identifier, v.expires_at
          FROM messages m JOIN verifications v ON v.id = m.verification_id
          WHERE m.id = ${id}::uuid AND m.state = 'queued' AND m.text IS NOT NULL
            AND v.status = 'pending' AND v.attempts_left > 0 AND v.expires_at > ${time}
          FOR UPDATE OF m
        )
        UPDATE messages m
        SET state = 'sending', text = NULL, reason = NULL, attempts = m.attempts + 1, changed_at = ${time}
        FROM due WHERE m.id = due.id AND m.state = 'queued'
        RETURNING due.identifier, due.text, m.attempts, due.expires_at`,
    );
    if (row)
      return {
        id,
        identifier: row.identifier,
        text: row.text,
        attempts: row.attempts,
        expiresAt: row.expires_at.getTime(),
      };
    await reach(
      this.database.$executeRaw`
        UPDATE messages m SET state = 'failed', text = NULL, reason = 'NOT_WANTED', changed_at = ${time}
        FROM verifications v
        WHERE m.id = ${id}::uuid AND m.state = 'queued' AND v.id = m.verification_id
          AND NOT (v.status = 'pending' AND v.attempts_left > 0 AND v.expires_at > ${time})`,
    );
    return undefined;
  }

  /** The provider took it. */
  accepted(id: string, providerId: string, now: number): Promise<boolean> {
    return this.change(id, ['sending'], 'sent', now, { providerId });
  }

  /** The provider did not take it, and may later: the text goes back. */
  async putBack(id: string, text: string, reason: string, now: number): Promise<boolean> {
    const { count } = await reach(
      this.database.message.updateMany({
        where: { id, state: 'sending' },
        data: { state: 'queued', text, reason, changedAt: new Date(now) },
      }),
    );
    return count === 1;
  }

  /** It will not be sent. */
  refused(id: string, reason: string, now: number): Promise<boolean> {
    return this.change(id, ['sending'], 'failed', now, { reason });
  }

  /** Nobody knows whether the provider took it: it stays as it is until a report comes. */
  async unknown(id: string, reason: string, now: number): Promise<void> {
    await reach(
      this.database.message.updateMany({ where: { id, state: 'sending' }, data: { reason, changedAt: new Date(now) } }),
    );
  }

  /** Moves it to a state that a report told, unless it is as far or farther already. False when nothing changed. */
  reported(id: string, state: MessageState, now: number): Promise<boolean> {
    return this.change(id, statesBefore(state), state, now, {});
  }

  /** Oldest first. */
  async queuedIds(limit: number): Promise<string[]> {
    const rows = await reach(
      this.database.message.findMany({
        where: { state: 'queued' },
        orderBy: { createdAt: 'asc' },
        take: limit,
        select: { id: true },
      }),
    );
    return rows.map(({ id }) => id);
  }

  private async change(
    id: string,
    from: MessageState[],
    state: MessageState,
    now: number,
    fields: { readonly providerId?: string; readonly reason?: string },
  ): Promise<boolean> {
    const { count } = await reach(
      this.database.message.updateMany({
        where: { id, state: { in: from } },
        data: { state, text: null, changedAt: new Date(now), ...fields },
      }),
    );
    return count === 1;
  }
}
