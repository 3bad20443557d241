import {
  CallbookError,
  decodeJournalEntry,
  denialKeysSubject,
  journalStream,
  journalSubject,
  maximumEntryOctets,
  serialOf,
  snapshotBucket,
  snapshotObject,
  SnapshotPointer,
  snapshotSubject,
  zoneStateStream,
} from '@callbook/contracts';
import type { Name } from '@callbook/dns';
import { ensureStream, jetStreamOf, managerOf, publish } from '@callbook/process';
import { Objm, type ObjectStore } from '@nats-io/obj';
import type { JetStreamClient, JetStreamManager, StoredMsg } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { createHash, randomUUID } from 'node:crypto';
import { ReadableStream } from 'node:stream/web';
import { sameOctets } from '../zone/signed-set.js';

/** An entry of the journal as the stream holds it: its serials before and after. */
export interface StreamedEntry {
  readonly from: number;
  readonly to: number;
  readonly sequence: number;
  readonly octets: Uint8Array;
}

/** Message id, expected sequence. */
const headerOctets = 1_024;

export interface KeptPointer extends SnapshotPointer {
  /** Milliseconds since 1970 at which it was published. */
  readonly at: number;
}

/** What look-up replicas live on, in JetStream: journal, snapshots and denial keys of one zone. The signer alone writes it. */
export class ZoneFeed {
  private readonly client: JetStreamClient;

  private constructor(
    private readonly nats: NatsConnection,
    private readonly manager: JetStreamManager,
    private readonly zone: Name,
  ) {
    this.client = jetStreamOf(nats);
  }

  static async open(nats: NatsConnection, zone: Name): Promise<ZoneFeed> {
    return new ZoneFeed(nats, await managerOf(nats), zone);
  }

  /**
   * Makes the streams and the bucket where they are not. Errors: UNAVAILABLE (retry later), also while the server takes no message of an
   * entry's size: better no entry than one that never gets through.
   */
  async ensure(): Promise<void> {
    await reachable(async () => {
      const room = this.nats.info?.max_payload ?? 0;
      if (room < maximumEntryOctets + headerOctets)
        throw Object.assign(new Error(`max_payload is ${room}`), { code: 'MAX_PAYLOAD_TOO_SMALL' });
      await ensureStream(this.nats, journalStream);
      await ensureStream(this.nats, zoneStateStream);
      await this.bucket();
    });
  }

  /** The newest entry that the stream keeps; entries age out, so that there may be none. */
  lastEntry(): Promise<StreamedEntry | undefined> {
    return reachable(async () =>
      entryOf(await this.manager.streams.getMessage(journalStream.name, { last_by_subj: journalSubject(this.zone) })),
    );
  }

  /** The first entry after a sequence of the stream. */
  entryAfter(sequence: number): Promise<StreamedEntry | undefined> {
    const next = { seq: sequence + 1, next_by_subj: journalSubject(this.zone) };
    return reachable(async () => entryOf(await this.manager.direct.getMessage(journalStream.name, next)));
  }

  /** The last sequence that the journal stream gave out, to an entry of whatever zone. */
  lastSequence(): Promise<number> {
    return reachable(async () => (await this.manager.streams.info(journalStream.name)).state.last_seq);
  }

  /**
   * Appends the entry that leads to `serial`, if `expected` is still the last sequence of the zone's entries: another signer's entry in
   * between refuses ours. Returns its sequence. Errors: UNAVAILABLE (retry later: look first, it may be there).
   */
  async append(serial: number, entry: Uint8Array, expected: number): Promise<number> {
    const subject = journalSubject(this.zone);
    const id = `${this.zone.lower()}/${serial}`;
    const options = { expectedLastSubjectSequence: expected };
    const ack = await publish(this.client, subject, entry, { ...options, id });
    if (!ack.duplicate) return ack.seq;
    // The stream remembers ids for a while, also of messages that it lost or that were purged: only the entry itself is proof.
    const last = await this.lastEntry();
    if (last && sameOctets(last.octets, entry)) return last.sequence;
    return (await publish(this.client, subject, entry, { ...options, id: `${id}/${randomUUID()}` })).seq;
  }

  /** Removes the zone's entries: they lead somewhere else. */
  async purgeEntries(): Promise<void> {
    await reachable(() => this.manager.streams.purge(journalStream.name, { filter: journalSubject(this.zone) }));
  }

  /** Where the newest snapshot lies; undefined too for what this version cannot read. */
  async pointer(): Promise<KeptPointer | undefined> {
    const message = await this.lastState(snapshotSubject(this.zone));
    const parsed = message && SnapshotPointer.safeParse(safeJson(message));
    return parsed?.success ? { ...parsed.data, at: message!.time.getTime() } : undefined;
  }

  /** The sealed denial keys as they were last published. */
  async denialKeys(): Promise<unknown> {
    const message = await this.lastState(denialKeysSubject(this.zone));
    return message && safeJson(message);
  }

  publishDenialKeys(keys: object): Promise<void> {
    return this.publishState(denialKeysSubject(this.zone), JSON.stringify(keys));
  }

  publishPointer(pointer: SnapshotPointer): Promise<void> {
    return this.publishState(snapshotSubject(this.zone), JSON.stringify(pointer));
  }

  /** Whether the snapshot's object is there, whole as far as the bucket knows. */
  hasObject(name: string): Promise<boolean> {
    return reachable(async () => (await (await this.bucket()).info(name)) !== null);
  }

  /** Stores a snapshot. Returns its name and the SHA-256 of its octets in base64url. */
  async putObject(serial: number, octets: AsyncIterable<Uint8Array>): Promise<{ object: string; sha256: string }> {
    const object = snapshotObject(this.zone, serial);
    const hash = createHash('sha256');
    async function* hashed() {
      for await (const piece of octets) {
        hash.update(piece);
        yield piece;
      }
    }
    const bucket = await reachable(() => this.bucket());
    await bucket.put({ name: object }, ReadableStream.from(hashed()) as globalThis.ReadableStream<Uint8Array>);
    return { object, sha256: hash.digest('base64url') };
  }

  /** Deletes all but the newest snapshots. */
  async keepObjects(count: number): Promise<void> {
    const bucket = await this.bucket();
    const prefix = snapshotObject(this.zone, 0).slice(0, -1);
    const objects = (await bucket.list())
      .filter(({ name }) => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)))
      .sort((a, b) => Date.parse(b.mtime) - Date.parse(a.mtime));
    for (const { name } of objects.slice(count)) await bucket.delete(name);
  }

  private bucket(): Promise<ObjectStore> {
    return new Objm(this.client).create(snapshotBucket.name);
  }

  private lastState(subject: string): Promise<StoredMsg | undefined> {
    return reachable(
      async () => (await this.manager.streams.getMessage(zoneStateStream.name, { last_by_subj: subject })) ?? undefined,
    );
  }

  /** Its id is its content: the same again within the stream's window is no second message. */
  private async publishState(subject: string, json: string): Promise<void> {
    const id = createHash('sha256').update(subject).update(json).digest('hex');
    await publish(this.client, subject, json, { id });
  }
}

const entryOf = (message: Pick<StoredMsg, 'data' | 'seq'> | null): StreamedEntry | undefined => {
  if (!message) return undefined;
  const { from, to } = decodeJournalEntry(message.data);
  return { from: serialOf(from), to: serialOf(to), sequence: message.seq, octets: message.data };
};

function safeJson(message: StoredMsg): unknown {
  try {
    return message.json();
  } catch {
    return undefined;
  }
}

const unavailable = (detail: string, cause?: unknown) =>
  new CallbookError('UNAVAILABLE', detail, { retry: 'later', retryAfter: 1, cause });

async function reachable<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    throw unavailable('the event log cannot be reached', cause);
  }
}
