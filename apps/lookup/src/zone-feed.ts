import {
  decodeJournalEntry,
  decodeSnapshot,
  denialKeyAt,
  denialKeyPurpose,
  DenialKeys,
  denialKeysSubject,
  journalStream,
  journalSubject,
  serialOf,
  snapshotBucket,
  SnapshotPointer,
  snapshotSubject,
  zoneStateStream,
} from '@callbook/contracts';
import { RRType, serialCompare, type Name } from '@callbook/dns';
import { importZoneKey, keyTag, verifyRRset, type ZoneKey } from '@callbook/dnssec';
import { openAtRest } from '@callbook/keys';
import { jetStreamOf, managerOf, repeat, type Clock, type Log } from '@callbook/process';
import { DeliverPolicy, type ConsumerMessages } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { Objm } from '@nats-io/obj';
import { createHash } from 'node:crypto';
import { Zone, ZoneError } from './zone.js';

export interface ZoneFeed {
  /** The zone as it is now; undefined until the first snapshot was verified. Kept for as long as the process lives. */
  zone(): Zone | undefined;
  /** The newest denial key that the zone shows in its DNSKEY set, and whose time to sign has come. */
  denialKey(): ZoneKey | undefined;
  stop(): Promise<void>;
}

export interface ZoneFeedDeps {
  readonly nats: NatsConnection;
  readonly apex: Name;
  readonly denialKeyEncryptionKey: Uint8Array;
  readonly clock: Clock;
  readonly log: Log;
}

/** How long the journal may take to lead to the serial of a newer snapshot. Afterwards it is the snapshot that leads there. */
const journalPatience = 2_000;
/** After this long a snapshot is served though nobody says that the journal was read to its end: better old than nothing. */
const catchUpWithin = 10_000;
/** The same where entries after it are known to be gone: a signer that lives makes a new snapshot sooner (`CALLBOOK_UPKEEP_EVERY`). */
const newSnapshotWithin = 60_000;

/**
 * Follows a zone, for ever: the newest snapshot, then the journal after it. What does not fit (a gap, a stream that was made anew, a server
 * that went away, a snapshot to which no journal leads) begins the round again; the zone that is served stays as it is until something
 * newer was verified.
 *
 * A snapshot is served once the journal after it was read: a replica that starts must not go back behind what was seen of it before.
 */
export function followZone(deps: ZoneFeedDeps): ZoneFeed {
  /** The newest that was verified; it follows the journal. */
  let newest: Zone | undefined;
  let served: Zone | undefined;
  let denialKeys: readonly DenialKey[] = [];
  const journal = new Source(deps, journalSubject(deps.apex), journalStream.name);
  const snapshots = new Source(deps, snapshotSubject(deps.apex), zoneStateStream.name);
  const keys = new Source(deps, denialKeysSubject(deps.apex), zoneStateStream.name);
  const isNewer = ({ serial }: SnapshotPointer) => !newest || serialCompare(serial, newest.serial) > 0;
  let serving: NodeJS.Timeout | undefined;
  const serveNewest = () => {
    clearTimeout(serving);
    served = newest;
  };
  const serveNewestWithin = (time: number) => {
    clearTimeout(serving);
    serving = setTimeout(serveNewest, time).unref();
  };
  /** The one of which it is known that the journal does not lead on from it. */
  let leftBehind: Zone | undefined;

  const rounds = [
    repeat('journal.interrupted', deps.log, async () => {
      const pointer = await newestSnapshot(deps);
      if (isNewer(pointer)) {
        newest = await loadSnapshot(deps, pointer);
        deps.log.info('snapshot.loaded', { serial: newest.serial, names: newest.size });
        serveNewestWithin(catchUpWithin);
      }
      const following = newest!;
      await requireJournalOf(deps, pointer);
      const caughtUp = async () => {
        if (served === following) return;
        if (await isWholeAfter(deps, pointer)) return serveNewest();
        if (leftBehind !== following) serveNewestWithin(newSnapshotWithin);
        leftBehind = following;
        throw new ZoneError('the journal lost what came after the snapshot');
      };
      // Not asked of the consumer: nothing waits there either when all is on its way.
      if (!(await hasEntryAfter(deps, pointer))) await caughtUp();
      const startAfter = pointer.journalSequence;
      await journal.read((octets) => applyEntry(following, octets), { startAfter, caughtUp });
    }),
    repeat('snapshots.interrupted', deps.log, () =>
      snapshots.read((octets) => {
        const pointer = SnapshotPointer.parse(jsonOf(octets));
        setTimeout(() => isNewer(pointer) && void journal.interrupt(), journalPatience).unref();
      }),
    ),
    repeat('denial_keys.interrupted', deps.log, () =>
      keys.read((octets) => {
        denialKeys = openDenialKeys(octets, deps.denialKeyEncryptionKey);
      }),
    ),
  ];

  return {
    zone: () => served,
    denialKey: () => {
      const shown = served && tagsShown(served);
      return shown && denialKeyAt(denialKeys, shown, Math.floor(deps.clock() / 1_000));
    },
    stop: async () => {
      const stopping = rounds.map((each) => each.stop());
      for (const source of [journal, snapshots, keys]) await source.close();
      await Promise.all(stopping);
    },
  };
}

async function newestSnapshot({ nats, apex }: ZoneFeedDeps): Promise<SnapshotPointer> {
  const manager = await managerOf(nats);
  const message = await manager.streams.getMessage(zoneStateStream.name, { last_by_subj: snapshotSubject(apex) });
  if (!message) throw new ZoneError('no snapshot yet');
  return SnapshotPointer.parse(message.json());
}

/** A journal stream that was made anew counts from 1 again: where the old one had come to, nothing would ever be read. Errors: ZoneError. */
async function requireJournalOf({ nats }: ZoneFeedDeps, { journalSequence }: SnapshotPointer): Promise<void> {
  const manager = await managerOf(nats);
  const { state } = await manager.streams.info(journalStream.name);
  if (state.last_seq < journalSequence) throw new ZoneError('the journal is not the one of the snapshot');
}

async function hasEntryAfter({ nats, apex }: ZoneFeedDeps, { journalSequence }: SnapshotPointer): Promise<boolean> {
  const manager = await managerOf(nats);
  const last = await manager.streams.getMessage(journalStream.name, { last_by_subj: journalSubject(apex) });
  return last !== null && last.seq > journalSequence;
}

/** Whether the stream still has every message after the snapshot: one that was purged leads nowhere, and looks like one that never was. */
async function isWholeAfter({ nats }: ZoneFeedDeps, { journalSequence }: SnapshotPointer): Promise<boolean> {
  const manager = await managerOf(nats);
  const { state } = await manager.streams.info(journalStream.name, { deleted_details: true });
  return state.first_seq <= journalSequence + 1 && !state.deleted?.some((sequence) => sequence > journalSequence);
}

/** Errors: ZoneError unless the snapshot is whole, of the serial that was said, and signed by the keys that it shows. */
async function loadSnapshot({ nats, apex, clock }: ZoneFeedDeps, pointer: SnapshotPointer): Promise<Zone> {
  const bucket = await new Objm(nats).open(snapshotBucket.name, false);
  const octets = await bucket.getBlob(pointer.object);
  if (!octets) throw new ZoneError('the snapshot is gone');
  if (createHash('sha256').update(octets).digest('base64url') !== pointer.sha256)
    throw new ZoneError('the snapshot is damaged');
  const zone = Zone.of(apex, decodeSnapshot(octets));
  if (zone.serial !== pointer.serial) throw new ZoneError('the snapshot is of another serial');
  checkApex(zone, Math.floor(clock() / 1_000));
  return zone;
}

/** The apex is what all trust hangs on: its keys and its SOA must be signed by a key of the zone's own. */
function checkApex(zone: Zone, now: number): void {
  const found = zone.find(zone.apex);
  const keys = found.kind === 'node' ? found.node.sets.get(RRType.DNSKEY) : undefined;
  if (!keys) throw new ZoneError('the zone shows no keys');
  for (const { set, signatures } of [keys, zone.soa]) {
    const signed = signatures.some((signature) =>
      keys.set.rdatas.some((key) => verifies(() => verifyRRset(set, signature, key, zone.apex, now))),
    );
    if (!signed) throw new ZoneError('the apex is not signed');
  }
}

function verifies(check: () => void): boolean {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}

/** An entry that is already in the zone is passed over: after a restart of the round the journal begins earlier. */
function applyEntry(zone: Zone, octets: Uint8Array): void {
  const entry = decodeJournalEntry(octets);
  if (serialCompare(serialOf(entry.to), zone.serial) <= 0) return;
  zone.apply(entry);
}

/** The messages of one subject, read by one round at a time. */
class Source {
  private messages: ConsumerMessages | undefined;
  private closed = false;

  constructor(
    private readonly deps: ZoneFeedDeps,
    private readonly subject: string,
    private readonly stream: string,
  ) {}

  /**
   * Hands over the last message and each new one, or all after a sequence, until the connection, the stream, `handle` or `caughtUp` fails;
   * the latter is called after a message behind which no other waits.
   */
  async read(
    handle: (octets: Uint8Array) => void,
    { startAfter, caughtUp = async () => {} }: { startAfter?: number; caughtUp?: () => Promise<void> } = {},
  ): Promise<void> {
    const consumer = await jetStreamOf(this.deps.nats).consumers.get(this.stream, {
      filter_subjects: this.subject,
      ...(startAfter === undefined
        ? { deliver_policy: DeliverPolicy.LastPerSubject }
        : { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: startAfter + 1 }),
    });
    // A consumer that went with its stream is not made again where the old stream had come to: the new one counts from 1.
    const messages = await consumer.consume({ max_messages: 256, expires: 5_000, abort_on_missing_resource: true });
    this.messages = messages;
    // Not awaited: they are closed by the reading below.
    if (this.closed) void messages.close();
    try {
      for await (const message of messages) {
        handle(message.data);
        if (message.info.pending === 0) await caughtUp();
      }
    } finally {
      await messages.close();
    }
  }

  /** Ends the round that reads. */
  async interrupt(): Promise<void> {
    await this.messages?.close();
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.interrupt();
  }
}

const jsonOf = (octets: Uint8Array): unknown => JSON.parse(Buffer.from(octets).toString('utf8'));

interface DenialKey extends ZoneKey {
  readonly signsFrom: number | undefined;
}

function openDenialKeys(octets: Uint8Array, encryptionKey: Uint8Array): DenialKey[] {
  const { keys } = DenialKeys.parse(jsonOf(octets));
  return keys.map(({ algorithm, flags, sealed, signsFrom }) => ({
    ...importZoneKey(openAtRest(Buffer.from(sealed, 'base64'), encryptionKey, denialKeyPurpose), algorithm, flags),
    signsFrom,
  }));
}

const shownTags = new WeakMap<object, ReadonlySet<number>>();

/** Key tags in the zone's DNSKEY set, worked out once for each version of the set. */
function tagsShown(zone: Zone): ReadonlySet<number> {
  const found = zone.find(zone.apex);
  const keys = found.kind === 'node' ? found.node.sets.get(RRType.DNSKEY) : undefined;
  if (!keys) return new Set();
  const known = shownTags.get(keys);
  if (known) return known;
  const tags = new Set(keys.set.rdatas.map(keyTag));
  shownTags.set(keys, tags);
  return tags;
}
