import {
  journalStream,
  journalSubject,
  snapshotBucket,
  SnapshotPointer,
  snapshotSubject,
  zoneStateStream,
} from '@callbook/contracts';
import { RRType, type Name } from '@callbook/dns';
import { verifyRRset } from '@callbook/dnssec';
import { managerOf, type Clock } from '@callbook/process';
import type { NatsConnection } from '@nats-io/transport-node';
import { Objm } from '@nats-io/obj';
import { createHash } from 'node:crypto';
import { ZoneError } from '../zone/zone-error.js';
import { ZoneStore } from '../zone/zone-store.js';

export interface SnapshotSource {
  readonly nats: NatsConnection;
  readonly apex: Name;
  readonly clock: Clock;
  /** 32 bits nobody can guess: see ZoneStore. */
  readonly seed: number;
}

export async function newestSnapshot({ nats, apex }: SnapshotSource): Promise<SnapshotPointer> {
  const manager = await managerOf(nats);
  const message = await manager.streams.getMessage(zoneStateStream.name, { last_by_subj: snapshotSubject(apex) });
  if (!message) throw new ZoneError('no snapshot yet');
  return SnapshotPointer.parse(message.json());
}

/** A journal stream that was made anew counts from 1 again: where the old one had come to, nothing would ever be read. Errors: ZoneError. */
export async function requireJournalOf({ nats }: SnapshotSource, { journalSequence }: SnapshotPointer): Promise<void> {
  const manager = await managerOf(nats);
  const { state } = await manager.streams.info(journalStream.name);
  if (state.last_seq < journalSequence) throw new ZoneError('the journal is not the one of the snapshot');
}

export async function hasEntryAfter(
  { nats, apex }: SnapshotSource,
  { journalSequence }: SnapshotPointer,
): Promise<boolean> {
  const manager = await managerOf(nats);
  const last = await manager.streams.getMessage(journalStream.name, { last_by_subj: journalSubject(apex) });
  return last !== null && last.seq > journalSequence;
}

/** Whether the stream still has every message after the snapshot: one that was purged leads nowhere, and looks like one that never was. */
export async function isWholeAfter({ nats }: SnapshotSource, { journalSequence }: SnapshotPointer): Promise<boolean> {
  const manager = await managerOf(nats);
  const { state } = await manager.streams.info(journalStream.name, { deleted_details: true });
  return state.first_seq <= journalSequence + 1 && !state.deleted?.some((sequence) => sequence > journalSequence);
}

/**
 * The zone is built as the octets come, and thrown away unless they were the right ones. Errors: ZoneError unless the snapshot is whole, of the
 * serial that was said, and signed by the keys that it shows.
 */
export async function loadSnapshot(
  { nats, apex, clock, seed }: SnapshotSource,
  pointer: SnapshotPointer,
): Promise<ZoneStore> {
  const bucket = await new Objm(nats).open(snapshotBucket.name, false);
  const object = await bucket.get(pointer.object);
  if (!object) throw new ZoneError('the snapshot is gone');
  const hash = createHash('sha256');
  const loading = ZoneStore.load(apex, { seed });
  for await (const octets of object.data) {
    hash.update(octets);
    loading.add(octets);
  }
  const error = await object.error;
  if (error) throw error;
  if (hash.digest('base64url') !== pointer.sha256) throw new ZoneError('the snapshot is damaged');
  const zone = loading.finish();
  if (zone.serial !== pointer.serial) throw new ZoneError('the snapshot is of another serial');
  checkApex(zone, Math.floor(clock() / 1_000));
  return zone;
}

/** The apex is what all trust hangs on: its keys and its SOA must be signed by a key of the zone's own. */
function checkApex(zone: ZoneStore, now: number): void {
  const apex = zone.apex.name;
  const keys = zone.set(apex, RRType.DNSKEY);
  if (!keys) throw new ZoneError('the zone shows no keys');
  for (const { set, signatures } of [keys, zone.soa]) {
    const signed = signatures.some((signature) =>
      keys.set.rdatas.some((key) => verifies(() => verifyRRset(set, signature, key, apex, now))),
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
