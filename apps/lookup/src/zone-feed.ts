import {
  decodeJournalEntry,
  decodeSnapshot,
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
import { errorFields, jetStreamOf, managerOf, type Clock, type Log } from '@callbook/process';
import { DeliverPolicy, type ConsumerMessages } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { Objm } from '@nats-io/obj';
import { createHash } from 'node:crypto';
import { Zone, ZoneError } from './zone.js';

export interface ZoneFeed {
  /** The zone as it is now; undefined until the first snapshot was verified. Kept for as long as the process lives. */
  zone(): Zone | undefined;
  /** The newest denial key that the zone shows in its DNSKEY set. */
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

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds).unref());
const betweenRounds = 250;

/**
 * Follows a zone, for ever: the newest snapshot, then the journal after it. What does not fit (a gap, a stream that was made anew, a server
 * that went away) begins the round again; the zone that is served stays as it is until something newer was verified.
 */
export function followZone(deps: ZoneFeedDeps): ZoneFeed {
  let zone: Zone | undefined;
  let denialKeys: readonly ZoneKey[] = [];
  let stopped = false;
  const open = new Set<ConsumerMessages>();

  const rounds = async (what: string, round: () => Promise<void>) => {
    while (!stopped) {
      await round().catch((error: unknown) => {
        if (!stopped) deps.log.warn(`${what}.interrupted`, errorFields(error));
      });
      if (!stopped) await pause(betweenRounds);
    }
  };

  const following = rounds('journal', async () => {
    const pointer = await newestSnapshot(deps);
    if (!zone || serialCompare(pointer.serial, zone.serial) > 0) {
      zone = await loadSnapshot(deps, pointer);
      deps.log.info('snapshot.loaded', { serial: zone.serial, names: zone.size });
    }
    await withMessages(
      open,
      deps,
      journalSubject(deps.apex),
      { stream: journalStream.name, startAfter: pointer.journalSequence },
      (octets) => applyEntry(zone!, octets),
    );
  });

  const keyed = rounds('denial_keys', () =>
    withMessages(open, deps, denialKeysSubject(deps.apex), { stream: zoneStateStream.name }, (octets) => {
      denialKeys = openDenialKeys(octets, deps.denialKeyEncryptionKey);
    }),
  );

  return {
    zone: () => zone,
    denialKey: () => {
      const shown = zone && tagsShown(zone);
      return shown && denialKeys.find(({ tag }) => shown.has(tag));
    },
    stop: async () => {
      stopped = true;
      for (const messages of open) await messages.close();
      await Promise.all([following, keyed]);
    },
  };
}

async function newestSnapshot({ nats, apex }: ZoneFeedDeps): Promise<SnapshotPointer> {
  const manager = await managerOf(nats);
  const message = await manager.streams.getMessage(zoneStateStream.name, { last_by_subj: snapshotSubject(apex) });
  if (!message) throw new ZoneError('no snapshot yet');
  return SnapshotPointer.parse(message.json());
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

/** Hands over each message until the connection, the stream or what was handed over fails. */
async function withMessages(
  open: Set<ConsumerMessages>,
  { nats }: ZoneFeedDeps,
  subject: string,
  { stream, startAfter }: { stream: string; startAfter?: number },
  handle: (octets: Uint8Array) => void,
): Promise<void> {
  const consumer = await jetStreamOf(nats).consumers.get(stream, {
    filter_subjects: subject,
    ...(startAfter === undefined
      ? { deliver_policy: DeliverPolicy.LastPerSubject }
      : { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: startAfter + 1 }),
  });
  const messages = await consumer.consume({ max_messages: 256, expires: 5_000 });
  open.add(messages);
  try {
    for await (const message of messages) handle(message.data);
  } finally {
    open.delete(messages);
    await messages.close();
  }
}

function openDenialKeys(octets: Uint8Array, encryptionKey: Uint8Array): ZoneKey[] {
  const { keys } = DenialKeys.parse(JSON.parse(Buffer.from(octets).toString('utf8')));
  return keys.map(({ algorithm, flags, sealed }) =>
    importZoneKey(openAtRest(Buffer.from(sealed, 'base64'), encryptionKey, denialKeyPurpose), algorithm, flags),
  );
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
