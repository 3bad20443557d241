import { PublicJwk } from '@callbook/contracts';
import { reach, type Database } from '../database-store.js';
import type { Prisma } from '../generated/client.js';

export interface AccountRow {
  readonly id: string;
  readonly key: PublicJwk;
  readonly createdAt: Date;
}

export class AccountStore {
  constructor(private readonly database: Database) {}

  /** True when it was not there before. */
  async insert(account: AccountRow): Promise<boolean> {
    const { id, key, createdAt } = account;
    const data = { id, key: key as Prisma.InputJsonObject, createdAt };
    const { count } = await reach(this.database.account.createMany({ data: [data], skipDuplicates: true }));
    return count === 1;
  }

  async find(id: string): Promise<AccountRow | undefined> {
    const row = await reach(this.database.account.findUnique({ where: { id } }));
    return row ? { id: row.id, key: PublicJwk.parse(row.key), createdAt: row.createdAt } : undefined;
  }
}
