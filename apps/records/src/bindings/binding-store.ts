import type { AttestationClaims, BindingContent } from '@callbook/contracts';
import { asked, Prisma, type Database } from '../database-store.js';
import type { Bindings, Current, NewStatement, TakenStatement } from './bindings.js';

interface StatementRow {
  identifier: string;
  account: string;
  sequence: bigint;
  hash: string;
  proof_protected: string;
  proof_payload: string;
  proof_signature: string;
  countersignature: string;
  published_at: Date;
}

interface CurrentRow extends StatementRow {
  method: string;
  proved_at: Date;
}

/** Bindings in PostgreSQL. Every method is one round trip: `take` is one statement, and so one transaction. */
export const bindingStore = (database: Database): Bindings => ({
  current: async (identifier) => {
    const [row] = await asked(
      database.$queryRaw<CurrentRow[]>`
        SELECT s.*, b.method, b.proved_at FROM binding b
        JOIN statement s ON s.identifier = b.identifier AND s.sequence = b.sequence
        WHERE b.identifier = ${identifier}`,
    );
    return row && currentOf(row);
  },

  taken: async (identifier, sequence) => {
    const [row] = await asked(
      database.$queryRaw<StatementRow[]>`
        SELECT * FROM statement WHERE identifier = ${identifier} AND sequence = ${BigInt(sequence)}`,
    );
    return row && takenOf(row);
  },

  take: async (next) => {
    const { statement, eventId } = next;
    const { proof } = statement;
    const content = JSON.stringify(next.content);
    const publishedAt = new Date(statement.publishedAt);
    const rows = await asked(
      database.$queryRaw<unknown[]>`
        WITH taken AS (${next.previous === undefined ? insertion(next, content) : replacement(next, content)}),
        kept AS (
          INSERT INTO statement (identifier, sequence, hash, account, proof_protected, proof_payload, proof_signature,
                                 countersignature, published_at)
          SELECT identifier, sequence, hash, account, ${proof.protected}::text, ${proof.payload}::text,
                 ${proof.signature}::text, ${statement.countersignature}::text, published_at
          FROM taken
        )
        INSERT INTO outbox (id, payload, created_at)
        SELECT ${eventId}::uuid, ${content}::text, ${publishedAt}::timestamptz FROM taken
        RETURNING 1`,
    );
    return rows.length > 0;
  },

  page: async (after, limit) => {
    const rows = await asked(
      database.binding.findMany({
        select: { content: true },
        ...(after !== undefined && { where: { identifier: { gt: after } } }),
        orderBy: { identifier: 'asc' },
        take: limit,
      }),
    );
    // Only `take` writes it, and whoever asked for the page checks what it gets.
    return rows.map(({ content }) => content as unknown as BindingContent);
  },
});

/** Of two first statements the second waits for the first to commit, and then finds its place taken. */
const insertion = ({ statement, proved }: NewStatement, content: string) => Prisma.sql`
  INSERT INTO binding (identifier, account, sequence, hash, method, proved_at, content, published_at)
  SELECT ${statement.identifier}::text, ${statement.account}::text, ${BigInt(statement.sequence)}::bigint,
         ${statement.hash}::text, ${proved.method}::text, ${new Date(proved.provedAt * 1_000)}::timestamptz,
         ${content}::jsonb, ${new Date(statement.publishedAt)}::timestamptz
  ON CONFLICT (identifier) DO NOTHING
  RETURNING *`;

/** Compare-and-swap: of two statements that follow the same one, the second waits for the row, looks again, and finds no match. */
const replacement = ({ statement, previous }: NewStatement, content: string) => Prisma.sql`
  UPDATE binding
  SET sequence = ${BigInt(statement.sequence)}::bigint, hash = ${statement.hash}::text, content = ${content}::jsonb,
      published_at = ${new Date(statement.publishedAt)}::timestamptz
  WHERE identifier = ${statement.identifier} AND account = ${statement.account}
    AND sequence = ${BigInt(statement.sequence - 1)}::bigint AND hash = ${previous}
  RETURNING *`;

const takenOf = (row: StatementRow): TakenStatement => ({
  identifier: row.identifier,
  account: row.account,
  sequence: Number(row.sequence),
  hash: row.hash,
  proof: { protected: row.proof_protected, payload: row.proof_payload, signature: row.proof_signature },
  countersignature: row.countersignature,
  publishedAt: row.published_at.getTime(),
});

const currentOf = (row: CurrentRow): Current => ({
  account: row.account,
  sequence: Number(row.sequence),
  hash: row.hash,
  proved: { method: row.method as AttestationClaims['method'], provedAt: row.proved_at.getTime() / 1_000 },
  statement: takenOf(row),
});
