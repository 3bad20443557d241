import { Name } from '@callbook/dns';
import type { Algorithm } from '@callbook/dnssec';
import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient } from '../generated/client.js';
import type { KeptKey, KeyRole } from '../keys/zone-keys.js';
import type { SignedSet } from './signed-set.js';
import { zoneItself, type Subject } from './subject.js';

/** Where the zone stands in the database. */
export interface StoredHead {
  readonly epoch: number;
  readonly serial: number;
  /** Newest inception of any signature made, Unix seconds. */
  readonly lastInception: number;
  /** How far the journal stream is known to have come. */
  readonly appended: { readonly serial: number; readonly sequence: number };
  /** By which rules the bindings were last made into RRsets, all of them. */
  readonly rules: string;
}

export interface Publication {
  readonly subject: Subject;
  readonly sequence: number;
}

/** A change of the signed zone that takes effect only while the zone is at `from` and `epoch` is still its newest. */
export interface Commit {
  readonly epoch: number;
  readonly from: number;
  readonly to: number;
  readonly inception: number;
  readonly put: readonly SignedSet[];
  readonly remove: readonly SignedSet[];
  readonly publications: readonly Publication[];
  /** The journal entry that leads from `from` to `to`. Without one the zone leaves its journal, entries not yet appended included. */
  readonly entry?: Uint8Array;
}

interface SetRow {
  owner: Uint8Array;
  type: number;
  subject: Uint8Array;
  records: Uint8Array;
  signatures: Uint8Array;
  expires: bigint;
}

/** Rules of a zone of which nobody knows whether it is what `records` has: a new one, or one that may come from an old dump. */
export const rulesUnknown = '';

const pageSize = 2_000;
/** A database that went away without a word is noticed. Milliseconds. */
const connecting = { connectionTimeoutMillis: 5_000, keepAlive: true, keepAliveInitialDelayMillis: 10_000 };
/** A million numbers take under a minute. */
const longestRead = 30 * 60_000;

/** The zone in PostgreSQL. All its SQL stands here, in one file that is therefore long: what one statement relies on another has to keep. */
export class ZoneStore {
  private constructor(
    private readonly prisma: PrismaClient,
    private readonly zoneId: number,
  ) {}

  /** Finds or makes the zone's row, and begins a new epoch: whoever had the one before can write no more. */
  static async open(databaseUrl: string, apex: Name): Promise<{ store: ZoneStore; epoch: number }> {
    const schema = new URL(databaseUrl).searchParams.get('schema') ?? 'public';
    const pool = { connectionString: databaseUrl, max: 6, ...connecting };
    const prisma = new PrismaClient({ adapter: new PrismaPg(pool, { schema }) });
    const text = apex.lower().toString();
    const row = await prisma.zone
      .upsert({
        where: { apex: text },
        create: { apex: text, epoch: 1n, serial: 0n, lastInception: 0n, appendedSerial: 0n },
        update: { epoch: { increment: 1n } },
      })
      .catch(async (error: unknown) => {
        await prisma.$disconnect();
        throw error;
      });
    return { store: new ZoneStore(prisma, row.id), epoch: Number(row.epoch) };
  }

  close(): Promise<void> {
    return this.prisma.$disconnect();
  }

  async head(): Promise<StoredHead> {
    const row = await this.prisma.zone.findUniqueOrThrow({ where: { id: this.zoneId } });
    return {
      epoch: Number(row.epoch),
      serial: Number(row.serial),
      lastInception: Number(row.lastInception),
      appended: { serial: Number(row.appendedSerial), sequence: Number(row.appendedSequence) },
      rules: row.rules,
    };
  }

  /** The database's clock, milliseconds since 1970. */
  async clock(): Promise<number> {
    const [row] = await this.prisma.$queryRaw<[{ now: number }]>`
      SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now`;
    return row.now;
  }

  async keys(): Promise<KeptKey[]> {
    const rows = await this.prisma.zoneKey.findMany({ where: { zoneId: this.zoneId }, orderBy: { createdAt: 'asc' } });
    return rows.map((row) => ({
      role: row.role as KeyRole,
      tag: row.tag,
      algorithm: row.algorithm as Algorithm,
      flags: row.flags as 256 | 257,
      sealed: row.sealed,
      retired: row.retiredAt !== null,
      signsFrom: row.signsFrom === null ? undefined : Number(row.signsFrom),
    }));
  }

  /** All or none: a tag that is taken refuses them. */
  async addKeys(keys: readonly KeptKey[]): Promise<void> {
    await this.prisma.zoneKey.createMany({
      data: keys.map(({ role, tag, algorithm, flags, sealed, signsFrom }) => ({
        zoneId: this.zoneId,
        role,
        tag,
        algorithm,
        flags,
        sealed: Uint8Array.from(sealed),
        signsFrom: signsFrom === undefined ? null : BigInt(signsFrom),
      })),
    });
  }

  /** The zone is to show the key's DNSKEY no more, from `now` (milliseconds) on. */
  async retireKey(tag: number, now: number): Promise<void> {
    await this.prisma.zoneKey.updateMany({
      where: { zoneId: this.zoneId, tag, retiredAt: null },
      data: { retiredAt: new Date(now) },
    });
  }

  /** From when (Unix seconds) a denial key may sign. */
  async setSignsFrom(tag: number, signsFrom: number): Promise<void> {
    await this.prisma.zoneKey.updateMany({
      where: { zoneId: this.zoneId, tag },
      data: { signsFrom: BigInt(signsFrom) },
    });
  }

  /** Private halves of retired keys go at once, all that was known of them when they were retired before `time` (milliseconds). */
  async forgetRetiredKeys(time: number): Promise<void> {
    const none = new Uint8Array();
    const retired = { zoneId: this.zoneId, retiredAt: { not: null } };
    await this.prisma.zoneKey.updateMany({ where: { ...retired, NOT: { sealed: none } }, data: { sealed: none } });
    await this.prisma.zoneKey.deleteMany({ where: { zoneId: this.zoneId, retiredAt: { lt: new Date(time) } } });
  }

  /** All RRsets of these subjects. */
  async setsOf(subjects: readonly Subject[]): Promise<SignedSet[]> {
    const rows = await this.prisma.$queryRaw<SetRow[]>`
      SELECT owner, type, subject, records, signatures, expires FROM rrset
      WHERE zone_id = ${this.zoneId} AND subject = ANY(${subjects.map(octetsOf)}::bytea[])`;
    return rows.map(setOf);
  }

  /** Which of these owners have RRsets of other subjects than the zone itself and these. */
  async ownersHeldByOthers(owners: readonly Name[], subjects: readonly Subject[]): Promise<Name[]> {
    const allowed = [zoneItself, ...subjects].map(octetsOf);
    const rows = await this.prisma.$queryRaw<{ owner: Uint8Array }[]>`
      SELECT DISTINCT owner FROM rrset
      WHERE zone_id = ${this.zoneId} AND owner = ANY(${owners.map(({ wire }) => wire)}::bytea[])
        AND NOT subject = ANY(${allowed}::bytea[])`;
    return rows.map(({ owner }) => Name.read(owner).name);
  }

  /** The newest sequence stored of each of these subjects, where there is one. */
  async sequencesOf(subjects: readonly Subject[]): Promise<Map<Subject, number>> {
    const rows = await this.prisma.$queryRaw<{ subject: Uint8Array; sequence: bigint }[]>`
      SELECT subject, sequence FROM publication
      WHERE zone_id = ${this.zoneId} AND subject = ANY(${subjects.map(octetsOf)}::bytea[])`;
    return new Map(rows.map(({ subject, sequence }) => [subjectFrom(subject), Number(sequence)]));
  }

  async publication(subject: Subject): Promise<{ sequence: number; serial: number } | undefined> {
    const row = await this.prisma.publication.findUnique({
      where: { zoneId_subject: { zoneId: this.zoneId, subject: Uint8Array.from(octetsOf(subject)) } },
    });
    return row ? { sequence: Number(row.sequence), serial: Number(row.serial) } : undefined;
  }

  /**
   * One statement, so one transaction and one flush. False: the zone is not at `from`, or the epoch is not ours, and nothing has changed.
   */
  async commit(change: Commit): Promise<boolean> {
    const { put, remove, publications } = change;
    const entry = change.entry ?? null;
    const [row] = await this.prisma.$queryRaw<[{ moved: number }]>`
      WITH moved AS (
        UPDATE zone SET
          serial = ${BigInt(change.to)},
          last_inception = GREATEST(last_inception, ${BigInt(change.inception)}),
          appended_serial = CASE WHEN ${entry === null}::boolean THEN ${BigInt(change.to)} ELSE appended_serial END
        WHERE id = ${this.zoneId} AND serial = ${BigInt(change.from)} AND epoch = ${BigInt(change.epoch)}
        RETURNING id
      ), removed AS (
        DELETE FROM rrset USING moved,
          unnest(${remove.map(ownerOf)}::bytea[], ${remove.map(typeOf)}::int[]) AS gone (owner, type)
        WHERE rrset.zone_id = moved.id AND rrset.owner = gone.owner AND rrset.type = gone.type
      ), written AS (
        INSERT INTO rrset (zone_id, owner, type, subject, records, signatures, expires)
        SELECT moved.id, new.owner, new.type, new.subject, new.records, new.signatures, new.expires FROM moved, unnest(
          ${put.map(ownerOf)}::bytea[], ${put.map(typeOf)}::int[], ${put.map(({ subject }) => octetsOf(subject))}::bytea[],
          ${put.map(({ records }) => records)}::bytea[], ${put.map(({ signatures }) => signatures)}::bytea[],
          ${put.map(({ expires }) => BigInt(expires))}::bigint[]
        ) AS new (owner, type, subject, records, signatures, expires)
        ON CONFLICT (zone_id, owner, type) DO UPDATE SET
          subject = excluded.subject, records = excluded.records, signatures = excluded.signatures, expires = excluded.expires
      ), published AS (
        INSERT INTO publication (zone_id, subject, sequence, serial)
        SELECT moved.id, new.subject, new.sequence, ${BigInt(change.to)} FROM moved, unnest(
          ${publications.map(({ subject }) => octetsOf(subject))}::bytea[],
          ${publications.map(({ sequence }) => BigInt(sequence))}::bigint[]
        ) AS new (subject, sequence)
        ON CONFLICT (zone_id, subject) DO UPDATE SET sequence = excluded.sequence, serial = excluded.serial
        WHERE publication.sequence < excluded.sequence
      ), left_behind AS (
        DELETE FROM journal USING moved WHERE journal.zone_id = moved.id AND ${entry === null}::boolean
      ), journalled AS (
        INSERT INTO journal (zone_id, serial, entry)
        SELECT moved.id, ${BigInt(change.to)}, ${entry}::bytea FROM moved WHERE NOT ${entry === null}::boolean
      )
      SELECT count(*)::int AS moved FROM moved`;
    return row.moved === 1;
  }

  /** Keeps sequences of bindings that changed no RRset, at the serial where the zone is. False as with `commit`. */
  async keep(
    publications: readonly Publication[],
    at: { readonly serial: number; readonly epoch: number },
  ): Promise<boolean> {
    const [row] = await this.prisma.$queryRaw<[{ held: number }]>`
      WITH held AS (
        SELECT id FROM zone
        WHERE id = ${this.zoneId} AND serial = ${BigInt(at.serial)} AND epoch = ${BigInt(at.epoch)} FOR UPDATE
      ), published AS (
        INSERT INTO publication (zone_id, subject, sequence, serial)
        SELECT held.id, new.subject, new.sequence, ${BigInt(at.serial)} FROM held, unnest(
          ${publications.map(({ subject }) => octetsOf(subject))}::bytea[],
          ${publications.map(({ sequence }) => BigInt(sequence))}::bigint[]
        ) AS new (subject, sequence)
        ON CONFLICT (zone_id, subject) DO UPDATE SET sequence = excluded.sequence, serial = excluded.serial
        WHERE publication.sequence < excluded.sequence
      )
      SELECT count(*)::int AS held FROM held`;
    return row.held === 1;
  }

  /** Entries not known to be in the journal stream, the oldest first. */
  async pending(appendedSerial: number): Promise<{ serial: number; entry: Uint8Array }[]> {
    const rows = await this.prisma.journal.findMany({ where: { zoneId: this.zoneId } });
    return rows
      .map(({ serial, entry }) => ({ serial: Number(serial), entry }))
      .sort((a, b) => ((a.serial - appendedSerial) >>> 0) - ((b.serial - appendedSerial) >>> 0));
  }

  /**
   * The stream holds the entry that led to `serial`. Not flushed at once: should it be lost, the next look at the stream finds it again.
   */
  async markAppended(serial: number, sequence: number, epoch: number): Promise<void> {
    await this.prisma.$queryRaw`
      WITH unflushed AS (SELECT set_config('synchronous_commit', 'off', true)),
      marked AS (
        UPDATE zone SET appended_serial = ${BigInt(serial)}, appended_sequence = ${BigInt(sequence)}
        WHERE id = ${this.zoneId} AND epoch = ${BigInt(epoch)} RETURNING id
      ), gone AS (
        DELETE FROM journal USING marked WHERE journal.zone_id = marked.id AND journal.serial = ${BigInt(serial)}
      )
      SELECT 1 AS done FROM unflushed`;
  }

  /** Whether what is stored was compared with `records` since the zone began or left its journal. */
  async isCompared(): Promise<boolean> {
    return (await this.head()).rules !== rulesUnknown;
  }

  async setRules(rules: string): Promise<void> {
    await this.prisma.zone.update({ where: { id: this.zoneId }, data: { rules } });
  }

  /** RRsets with a signature that ends before `time` (Unix seconds), the first to end first. */
  async endingBefore(time: number, limit: number): Promise<SignedSet[]> {
    const rows = await this.prisma.$queryRaw<SetRow[]>`
      SELECT owner, type, subject, records, signatures, expires FROM rrset
      WHERE zone_id = ${this.zoneId} AND expires < ${BigInt(time)} ORDER BY expires LIMIT ${limit}`;
    return rows.map(setOf);
  }

  /** Unix seconds at which the first signature of the zone ends. */
  async firstEnd(): Promise<number | undefined> {
    const row = await this.prisma.rrset.findFirst({
      where: { zoneId: this.zoneId },
      orderBy: { expires: 'asc' },
      select: { expires: true },
    });
    return row ? Number(row.expires) : undefined;
  }

  /**
   * Reads the whole zone as it is at one moment, in order of owner, while others go on writing. `begun` is called once that moment has
   * been fixed.
   */
  async readWhole<T>(begun: () => void, use: (pages: AsyncIterable<SignedSet[]>) => Promise<T>): Promise<T> {
    return this.prisma.$transaction(
      async (transaction) => {
        const page = async (after?: SignedSet) => {
          const rows = await transaction.$queryRaw<SetRow[]>`
            SELECT owner, type, subject, records, signatures, expires FROM rrset
            WHERE zone_id = ${this.zoneId}
              AND (owner, type) > (${after ? ownerOf(after) : Buffer.alloc(0)}::bytea, ${after?.type ?? 0}::int)
            ORDER BY zone_id, owner, type LIMIT ${pageSize}`;
          return rows.map(setOf);
        };
        const first = await page();
        begun();
        async function* pages() {
          for (let sets = first; sets.length > 0; sets = await page(sets.at(-1))) yield sets;
        }
        return use(pages());
      },
      { isolationLevel: 'RepeatableRead', timeout: longestRead, maxWait: 10_000 },
    );
  }
}

const octetsOf = (subject: Subject): Uint8Array => Buffer.from(subject, 'hex');
const subjectFrom = (octets: Uint8Array) => Buffer.from(octets).toString('hex') as Subject;
const ownerOf = ({ owner }: SignedSet): Uint8Array => owner.wire;
const typeOf = ({ type }: SignedSet): number => type;

const setOf = (row: SetRow): SignedSet => ({
  subject: subjectFrom(row.subject),
  owner: Name.read(row.owner).name,
  type: row.type,
  records: row.records,
  signatures: row.signatures,
  expires: Number(row.expires),
});
