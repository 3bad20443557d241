import { RRType } from '@callbook/dns';
import { difference } from '../publish/difference.js';
import { refuseJumpedClock } from '../publish/clock-guard.js';
import { inceptionAt, signSet } from '../publish/sign-set.js';
import { LeadershipLost, type Head, type SigningZone, type SigningZoneParts } from '../publish/signing-zone.js';
import { nextSerial } from '../zone/serial.js';
import { zoneItself } from '../zone/subject.js';
import { soaSet, zoneSets } from '../zone/zone-content.js';
import { rulesUnknown, type StoredHead } from '../zone/zone-store.js';
import type { SignedSet } from '../zone/signed-set.js';
import { keepDenialKeys } from './keep-denial-keys.js';
import { standingOf } from './standing.js';
import type { StreamedEntry } from './zone-feed.js';

/**
 * Makes database and journal agree: at start, and after any failure. Steps:
 * 1 streams and bucket are there  2 the denial keys are there  3 look where the database, the journal and the snapshot stand
 * 4 append the entries that are kept and not in the journal, or, when the two have come apart, leave the journal: go on in the database
 * after the latest serial that anyone saw.
 * Each step is repeated without harm. A zone that left its journal needs a snapshot, which is made once the zone was compared with
 * `records` and the journal, which leads elsewhere, was purged (`keepReconciled`, `keepSnapshot`); until then replicas serve what they have,
 * and one that starts gets there by the journal.
 */
export async function level(parts: SigningZoneParts, denialKeyEncryptionKey: Uint8Array): Promise<Head> {
  const { store, feed, keys, epoch, log } = parts;
  await feed.ensure();
  await keepDenialKeys(feed, keys.denial, denialKeyEncryptionKey);

  const stored = await store.head();
  if (stored.epoch !== epoch) throw new LeadershipLost('another signer has begun');
  const [pending, own, last, pointer] = await Promise.all([
    store.pending(stored.appended.serial),
    store.setsOf([zoneItself]),
    feed.lastEntry(),
    feed.pointer(),
  ]);
  const soa = own.find(({ type }) => type === RRType.SOA);
  const compared = stored.rules !== rulesUnknown;
  const standing = standingOf({ stored: soa && { ...stored, compared }, pending, last, pointer });
  if (standing.is === 'apart' || !soa) {
    const after = standing.is === 'apart' ? standing.after : undefined;
    if (soa) log.warn('zone.left_journal', { serial: after });
    else log.info('zone.begun', { after });
    return leaveJournal(parts, stored, own, after, last);
  }

  for (const { serial } of standing.mark) await store.markAppended(serial, standing.expected, epoch);
  let { expected } = standing;
  for (const { serial, entry } of standing.append) {
    expected = await feed.append(serial, entry, expected);
    await store.markAppended(serial, expected, epoch);
  }
  if (standing.append.length > 0) log.info('zone.caught_up', { entries: standing.append.length });
  // Where the stream keeps no entry, the next one comes after whatever the stream gave out last.
  const sequence = expected > 0 ? expected : Math.min(stored.appended.sequence, await feed.lastSequence());
  return { serial: stored.serial, soa, lastInception: stored.lastInception, sequence, expected };
}

async function leaveJournal(
  parts: SigningZoneParts,
  stored: StoredHead,
  own: readonly SignedSet[],
  after: number | undefined,
  last: StreamedEntry | undefined,
): Promise<Head> {
  const { store, feed, settings, keys, clock, epoch } = parts;
  const now = clock();
  refuseJumpedClock({ now, database: await store.clock(), lastInception: stored.lastInception });
  // What is stored may be less than what replicas serve: no snapshot leads them here before it was compared with `records`.
  await store.setRules(rulesUnknown);
  const serial = nextSerial(after, now);
  const soa = signSet({ subject: zoneItself, set: soaSet(settings, serial) }, parts, now);
  const { put, remove } = difference(own, [
    ...zoneSets(settings, keys.dnskeys),
    { subject: zoneItself, set: soaSet(settings, serial) },
  ]);
  const signed = put
    .filter(({ wanted }) => wanted.set.type !== RRType.SOA)
    .map(({ wanted }) => signSet(wanted, parts, now));
  const change = { put: [soa, ...signed], remove, publications: [], inception: inceptionAt(now) };
  if (!(await store.commit({ ...change, epoch, from: stored.serial, to: serial })))
    throw new LeadershipLost('the zone moved under us');
  const expected = last?.sequence ?? 0;
  await store.markAppended(serial, expected, epoch);
  const sequence = await feed.lastSequence();
  const lastInception = Math.max(stored.lastInception, inceptionAt(now));
  return { serial, soa, lastInception, sequence, expected };
}

/** The zone is what `records` has: entries that lead elsewhere are of no more use, and replicas need a snapshot. */
export function purgeJournal(signing: SigningZone): Promise<void> {
  return signing.inTurn(async (head) => {
    const { feed } = signing.parts;
    await feed.purgeEntries();
    signing.moveTo({ ...head, sequence: await feed.lastSequence(), expected: 0 });
  });
}
