import { PublicJwk } from '@callbook/contracts';
import { reach, transaction, type Database, type Transaction } from '../database-store.js';
import type { Message, Prisma, Verification as VerificationRecord } from '../generated/client.js';
import type { VerificationRow } from './verification.js';

/** A message on its way into the table, with the verification that it belongs to. */
export interface NewMessage {
  readonly id: string;
  readonly text: string;
}

export type NewVerification = Omit<
  VerificationRow,
  'status' | 'secretHash' | 'attestation' | 'delivery' | 'createdAt'
> & { readonly secretHash: Uint8Array<ArrayBuffer> };

export interface HourlyLimit {
  readonly verifications: number;
  readonly window: number;
}

export type Inserted = { readonly inserted: true } | { readonly inserted: false; readonly retryAt: number };

export class VerificationStore {
  constructor(private readonly database: Database) {}

  /**
   * In one transaction: counts the verifications of the identifier, over all accounts, and when there is room for one more closes those
   * of this account that are pending and inserts the new one with its first message. Whoever starts for the same identifier meanwhile
   * waits for the lock, so that the count is exact.
   */
  insert(row: NewVerification, message: NewMessage, limit: HourlyLimit, now: number): Promise<Inserted> {
    return transaction(this.database, async (tx) => {
      await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${row.identifier}, 0))`;
      const since = new Date(now - limit.window);
      const recent = await tx.verification.findMany({
        where: { identifier: row.identifier, createdAt: { gt: since } },
        orderBy: { createdAt: 'desc' },
        take: limit.verifications,
        select: { createdAt: true },
      });
      if (recent.length >= limit.verifications)
        return { inserted: false, retryAt: recent.at(-1)!.createdAt.getTime() + limit.window };
      await closePending(tx, row, now);
      await tx.verification.create({
        data: {
          id: row.id,
          accountId: row.account,
          identifier: row.identifier,
          channel: row.channel,
          purpose: row.purpose,
          status: 'pending',
          encryptionKey: row.encryptionKey as Prisma.InputJsonObject,
          secretHash: row.secretHash,
          attemptsLeft: row.attemptsLeft,
          messagesLeft: row.messagesLeft,
          createdAt: new Date(now),
          expiresAt: new Date(row.expiresAt),
          resendAfter: new Date(row.resendAfter),
          messages: { create: queued(message, now) },
        },
      });
      return { inserted: true };
    });
  }

  /** Undefined also for one of another account. */
  async find(id: string, account: string): Promise<VerificationRow | undefined> {
    const record = await reach(
      this.database.verification.findUnique({
        where: { id, accountId: account },
        include: { messages: { orderBy: [{ createdAt: 'desc' }, { id: 'desc' }], take: 1 } },
      }),
    );
    return record ? rowOf(record) : undefined;
  }

  /** Counts a wrong secret. False when the verification is not open any more, or its secret is not `hash` any more. */
  async countAttempt(id: string, hash: Uint8Array, now: number): Promise<boolean> {
    const { count } = await reach(
      this.database.verification.updateMany({
        where: openWith(id, hash, now),
        data: { attemptsLeft: { decrement: 1 } },
      }),
    );
    return count === 1;
  }

  /** Makes it valid, once. False as above. */
  async makeValid(id: string, hash: Uint8Array, attestation: string, now: number): Promise<boolean> {
    const { count } = await reach(
      this.database.verification.updateMany({
        where: openWith(id, hash, now),
        data: { status: 'valid', secretHash: null, attestation },
      }),
    );
    return count === 1;
  }

  /**
   * Gives it a fresh secret and another message, and takes back the messages before that have not gone out. False when it is not open, too
   * early, or has had its messages.
   */
  renew(
    id: string,
    fresh: { readonly secretHash: Uint8Array<ArrayBuffer>; readonly message: NewMessage; readonly resendAfter: number },
    now: number,
  ): Promise<boolean> {
    const time = new Date(now);
    return transaction(this.database, async (tx) => {
      const { count } = await tx.verification.updateMany({
        where: { ...open(id, now), messagesLeft: { gt: 0 }, resendAfter: { lte: time } },
        data: {
          secretHash: fresh.secretHash,
          messagesLeft: { decrement: 1 },
          resendAfter: new Date(fresh.resendAfter),
        },
      });
      if (count === 0) return false;
      await takeBack(tx, [id], now);
      await tx.message.create({ data: { ...queued(fresh.message, now), verificationId: id } });
      return true;
    });
  }

  /** Deletes what expired before `time`, messages included; the number of verifications that were. */
  async deleteExpired(time: number): Promise<number> {
    const { count } = await reach(
      this.database.verification.deleteMany({ where: { expiresAt: { lt: new Date(time) } } }),
    );
    return count;
  }
}

const open = (id: string, now: number) =>
  ({ id, status: 'pending', attemptsLeft: { gt: 0 }, expiresAt: { gt: new Date(now) } }) as const;

const openWith = (id: string, hash: Uint8Array, now: number) => ({
  ...open(id, now),
  secretHash: new Uint8Array(hash),
});

const queued = ({ id, text }: NewMessage, now: number) =>
  ({ id, text, state: 'queued', createdAt: new Date(now), changedAt: new Date(now) }) as const;

async function closePending(tx: Transaction, row: NewVerification, now: number): Promise<void> {
  const former = await tx.verification.updateManyAndReturn({
    where: { accountId: row.account, identifier: row.identifier, status: 'pending' },
    data: { status: 'closed', secretHash: null },
    select: { id: true },
  });
  if (former.length > 0)
    await takeBack(
      tx,
      former.map(({ id }) => id),
      now,
    );
}

const takeBack = (tx: Transaction, verifications: string[], now: number) =>
  tx.message.updateMany({
    where: { verificationId: { in: verifications }, state: 'queued' },
    data: { state: 'failed', text: null, reason: 'SUPERSEDED', changedAt: new Date(now) },
  });

function rowOf(record: VerificationRecord & { messages: Message[] }): VerificationRow {
  return {
    id: record.id,
    account: record.accountId,
    identifier: record.identifier,
    channel: record.channel as VerificationRow['channel'],
    purpose: record.purpose as VerificationRow['purpose'],
    status: record.status,
    encryptionKey: PublicJwk.parse(record.encryptionKey),
    ...(record.secretHash && { secretHash: record.secretHash }),
    attemptsLeft: record.attemptsLeft,
    messagesLeft: record.messagesLeft,
    createdAt: record.createdAt.getTime(),
    expiresAt: record.expiresAt.getTime(),
    resendAfter: record.resendAfter.getTime(),
    ...(record.attestation !== null && { attestation: record.attestation }),
    delivery: record.messages[0]?.state ?? 'failed',
  };
}
