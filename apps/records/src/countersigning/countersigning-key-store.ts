import { asked, type Database } from '../database-store.js';

export interface StoredKey {
  readonly kid: string;
  readonly publicJwk: Readonly<Record<string, string>>;
  /** PKCS#8 under the key-encryption key. */
  readonly sealed: Uint8Array;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

export interface CountersigningKeys {
  /** Newest first. */
  list(): Promise<readonly StoredKey[]>;
  /** Keeps the first key, unless there is one already: of replicas that start together one makes the key of all. */
  addFirst(key: StoredKey): Promise<void>;
}

const first = 1;

export const countersigningKeyStore = (database: Database): CountersigningKeys => ({
  list: async () => {
    const rows = await asked(database.countersigningKey.findMany({ orderBy: { generation: 'desc' } }));
    return rows.map(({ kid, publicJwk, sealed, createdAt }) => ({
      kid,
      publicJwk: publicJwk as Record<string, string>,
      sealed,
      createdAt: createdAt.getTime(),
    }));
  },

  addFirst: async ({ kid, publicJwk, sealed, createdAt }) => {
    const key = { kid, publicJwk, sealed: new Uint8Array(sealed), createdAt: new Date(createdAt) };
    await asked(database.countersigningKey.createMany({ data: [{ generation: first, ...key }], skipDuplicates: true }));
  },
});
