import {
  decodeJournalEntry,
  denialKeysSubject,
  journalStream,
  journalSubject,
  serialOf,
  SnapshotPointer,
  snapshotSubject,
  zoneStateStream,
  type JournalEntry,
} from '@callbook/contracts';
import { serialCompare, type RR } from '@callbook/dns';
import type { ZoneKey } from '@callbook/dnssec';
import { repeat, type Log } from '@callbook/process';
import { setTimeout as after } from 'node:timers/promises';
import { ServedZone } from '../zone/served-zone.js';
import { ZoneError } from '../zone/zone-error.js';
import type { ZoneStore } from '../zone/zone-store.js';
import { denialKeyIn, openDenialKeys, type DenialKey } from './denial-keys.js';
import {
  hasEntryAfter,
  isWholeAfter,
  loadSnapshot,
  newestSnapshot,
  requireJournalOf,
  type SnapshotSource,
} from './snapshot.js';
import { Source } from './source.js';

export interface ZoneFeed {
  /** What is served: nothing until the first snapshot was verified, and from then on for as long as the process lives. */
  readonly served: ServedZone;
  /** The newest denial key that the zone shows in its DNSKEY set, and whose time to sign has come. */
  denialKey(): ZoneKey | undefined;
  stop(): Promise<void>;
}

/** Is told what becomes of the zone, so that secondaries can follow. */
export interface ZoneFollower {
  /** An entry was applied; it is served now, or will be with the zone that it was applied to. */
  applied(entry: JournalEntry): void;
  /** Readers see this SOA record from now on. */
  serving(soa: RR): void;
}

export interface ZoneFeedDeps extends SnapshotSource {
  readonly denialKeyEncryptionKey: Uint8Array;
  readonly log: Log;
  readonly follower?: ZoneFollower;
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
  let newest: ZoneStore | undefined;
  const served = new ServedZone(deps.apex);
  let denialKeys: readonly DenialKey[] = [];
  const journal = new Source(deps.nats, journalSubject(deps.apex), journalStream.name);
  const snapshots = new Source(deps.nats, snapshotSubject(deps.apex), zoneStateStream.name);
  const keys = new Source(deps.nats, denialKeysSubject(deps.apex), zoneStateStream.name);
  const isNewer = ({ serial }: SnapshotPointer) => !newest || serialCompare(serial, newest.serial) > 0;
  let serving: NodeJS.Timeout | undefined;
  const serveNewest = () => {
    clearTimeout(serving);
    if (!newest || served.current === newest) return;
    served.serve(newest);
    deps.follower?.serving(newest.soaRecord);
  };
  const serveNewestWithin = (time: number) => {
    clearTimeout(serving);
    serving = setTimeout(serveNewest, time).unref();
  };
  /** The one of which it is known that the journal does not lead on from it. */
  let leftBehind: ZoneStore | undefined;

  /** An entry that is already in the zone is passed over: after a restart of the round the journal begins earlier. */
  const apply = async (zone: ZoneStore, octets: Uint8Array) => {
    const entry = decodeJournalEntry(octets);
    if (serialCompare(serialOf(entry.to), zone.serial) <= 0) return;
    await roomFor(zone, deps.log);
    zone.apply(entry);
    deps.follower?.applied(entry);
    if (served.current === zone) deps.follower?.serving(entry.to);
  };

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
        if (served.current === following) return;
        if (await isWholeAfter(deps, pointer)) return serveNewest();
        if (leftBehind !== following) serveNewestWithin(newSnapshotWithin);
        leftBehind = following;
        throw new ZoneError('the journal lost what came after the snapshot');
      };
      // Not asked of the consumer: nothing waits there either when all is on its way.
      if (!(await hasEntryAfter(deps, pointer))) await caughtUp();
      const startAfter = pointer.journalSequence;
      await journal.read((octets) => apply(following, octets), { startAfter, caughtUp });
    }),
    repeat('snapshots.interrupted', deps.log, () =>
      snapshots.read((octets) => {
        const pointer = SnapshotPointer.parse(JSON.parse(Buffer.from(octets).toString('utf8')));
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
    served,
    denialKey: () => served.current && denialKeyIn(served.current, denialKeys, Math.floor(deps.clock() / 1_000)),
    stop: async () => {
      const stopping = rounds.map((each) => each.stop());
      for (const source of [journal, snapshots, keys]) await source.close();
      await Promise.all(stopping);
    },
  };
}

/** Octets that are kept for readers of older editions at most. A reader takes a millisecond: where more waits, one hangs. */
const mostRetired = 256 * 1024 * 1024;

/** The zone stays as it is while a reader hangs, rather than grow without end. */
async function roomFor(zone: ZoneStore, log: Log): Promise<void> {
  if (zone.octets.retired <= mostRetired) return;
  log.warn('zone.reader_hangs', { serial: zone.serial });
  while (zone.octets.retired > mostRetired) {
    await after(100);
    zone.reclaim();
  }
}
