import { PublicJwk } from '@callbook/contracts';
import { reach, type Database } from '../database-store.js';
import type { Prisma } from '../generated/client.js';

export interface AttestationKeyRow {
  readonly generation: number;
  readonly kid: string;
  readonly publicKey: PublicJwk;
  readonly sealedPrivate: Uint8Array;
  readonly createdAt: Date;
}

export class AttestationKeyStore {
  constructor(private readonly database: Database) {}

  /** Newest first. */
  async all(): Promise<AttestationKeyRow[]> {
    const rows = await reach(this.database.attestationKey.findMany({ orderBy: { generation: 'desc' } }));
    return rows.map((row) => ({ ...row, publicKey: PublicJwk.parse(row.publicKey) }));
  }

  /** Nothing happens when the generation is there already. */
  async insert(row: AttestationKeyRow): Promise<void> {
    const data = {
      ...row,
      publicKey: row.publicKey as Prisma.InputJsonObject,
      sealedPrivate: new Uint8Array(row.sealedPrivate),
    };
    await reach(this.database.attestationKey.createMany({ data: [data], skipDuplicates: true }));
  }
}
