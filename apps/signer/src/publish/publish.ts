import { encodeJournalEntry, maximumEntryOctets } from '@callbook/contracts';
import { readRRs, writeRR, type RR } from '@callbook/dns';
import { recordDifference, type SignedSet, type WantedSet } from '../zone/signed-set.js';
import { nextSerial } from '../zone/serial.js';
import { zoneItself } from '../zone/subject.js';
import { soaSet } from '../zone/zone-content.js';
import type { Publication } from '../zone/zone-store.js';
import { refuseJumpedClock } from './clock-guard.js';
import type { Difference } from './difference.js';
import { inceptionAt, signSet } from './sign-set.js';
import { LeadershipLost, type Head, type SigningZone, type SigningZoneParts } from './signing-zone.js';
import { split } from './split.js';

/** A change that is published whole, under one serial: that of one binding, or of one RRset of the zone's own. */
export interface Piece extends Difference {
  readonly publication?: Publication;
}

interface SignedPiece {
  readonly piece: Piece;
  readonly put: readonly SignedSet[];
  readonly removed: readonly RR[];
  readonly added: readonly RR[];
  /** In the journal. */
  readonly octets: number;
}

/** Room for the SOA before and after with its signatures, the greatest of which are those of RSA. */
const soaOctets = 4_096;
/** Keeps one statement to the database short. */
const piecesOfAnEntry = 1_000;

/**
 * Publishes changes; only from within a turn, at its head. Steps, for as many entries as the burst needs:
 * 1 sign what changed  2 sign the SOA with the next serial  3 commit: RRsets, sequences, serial, and the entry still to be appended
 * 4 append the entry to the journal (look-up replicas serve it from here on)  5 wake those who wait  6 mark it appended.
 *
 * A crash before 3 leaves nothing: the events come again. After 3, what is stored is ahead of the journal: the next look (`level`)
 * appends the entry that is kept. After 4 it finds the entry in the journal, and only marks it.
 *
 * `evenIfNothing`: makes an entry with a new SOA though no RRset changed.
 */
export async function publish(
  signing: SigningZone,
  start: Head,
  pieces: readonly Piece[],
  { evenIfNothing = false } = {},
): Promise<void> {
  const { store, clock, epoch, waiters } = signing.parts;
  const [changing, unchanging] = partition(pieces, ({ put, remove }) => put.length + remove.length > 0);
  let head = start;

  if (changing.length > 0 || evenIfNothing) {
    const databaseClock = store.clock();
    databaseClock.catch(() => {}); // Awaited below; signing may fail first.
    const now = clock();
    const signed = changing.map((piece) => signPiece(signing.parts, piece, now));
    refuseJumpedClock({ now, database: await databaseClock, lastInception: head.lastInception });
    const parts = split(signed, maximumEntryOctets - soaOctets, piecesOfAnEntry);
    for (const part of parts.length > 0 ? parts : [[]]) head = await publishEntry(signing, head, part, now);
  }

  const publications = unchanging.flatMap(({ publication }) => publication ?? []);
  if (publications.length > 0) {
    if (!(await store.keep(publications, { serial: head.serial, epoch })))
      throw new LeadershipLost('the zone moved under us');
    waiters.wake(publications, head.serial);
  }
}

async function publishEntry(
  signing: SigningZone,
  head: Head,
  part: readonly SignedPiece[],
  now: number,
): Promise<Head> {
  const { settings, store, feed, epoch, waiters, log, measured } = signing.parts;
  const measure = measured.publish.startTimer();
  const serial = nextSerial(head.serial, now);
  const soa = signSet({ subject: zoneItself, set: soaSet(settings, serial) }, signing.parts, now);
  const publications = part.flatMap(({ piece }) => piece.publication ?? []);
  const entry = encodeJournalEntry({
    from: soaRecord(head.soa),
    to: soaRecord(soa),
    removed: [...readRRs(head.soa.signatures), ...part.flatMap(({ removed }) => removed)],
    added: [...readRRs(soa.signatures), ...part.flatMap(({ added }) => added)],
  });

  const committed = await store.commit({
    epoch,
    from: head.serial,
    to: serial,
    inception: inceptionAt(now),
    put: [soa, ...part.flatMap(({ put }) => put)],
    remove: part.flatMap(({ piece }) => piece.remove),
    publications,
    entry,
  });
  if (!committed) throw new LeadershipLost('the zone moved under us');
  const sequence = await feed.append(serial, entry, head.expected);

  const lastInception = Math.max(head.lastInception, inceptionAt(now));
  const next: Head = { serial, soa, lastInception, sequence, expected: sequence };
  signing.moveTo(next);
  measure();
  measured.signatures.inc(1 + part.reduce((sum, { put }) => sum + put.length, 0));
  waiters.wake(publications, serial);
  await store.markAppended(serial, sequence, epoch);
  log.debug('zone.published', { serial, bindings: publications.length, octets: entry.length });
  return next;
}

function signPiece(parts: SigningZoneParts, piece: Piece, now: number): SignedPiece {
  const put = piece.put.map(({ wanted, before }) => ({ before, after: signSet(wanted, parts, now) }));
  const changes = put.map(({ before, after }) => ({
    records: recordDifference(before?.records ?? none, after.records),
    signatures: recordDifference(before?.signatures ?? none, after.signatures),
  }));
  const removed = [
    ...piece.remove.flatMap(({ records, signatures }) => [...readRRs(records), ...readRRs(signatures)]),
    ...changes.flatMap(({ records, signatures }) => [...records.removed, ...signatures.removed]),
  ];
  const added = changes.flatMap(({ records, signatures }) => [...records.added, ...signatures.added]);
  const octets = [...removed, ...added].reduce((sum, rr) => sum + writeRR(rr).length, 0);
  return { piece, put: put.map(({ after }) => after), removed, added, octets };
}

const none = new Uint8Array();

export const soaRecord = ({ records }: SignedSet): RR => readRRs(records)[0]!;

/** Makes the signatures of these anew, and changes nothing else. */
export const renewal = (set: SignedSet, wanted: WantedSet): Piece => ({
  remove: [],
  put: [{ wanted, before: set }],
});

function partition<T>(items: readonly T[], holds: (item: T) => boolean): [T[], T[]] {
  return [items.filter(holds), items.filter((item) => !holds(item))];
}
