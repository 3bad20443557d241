import { serialCompare } from '@callbook/dns';
import { latestSerial } from '../zone/serial.js';
import { sameOctets } from '../zone/signed-set.js';

export interface PendingEntry {
  readonly serial: number;
  readonly entry: Uint8Array;
}

export interface StoredStanding {
  readonly serial: number;
  readonly appended: { readonly serial: number; readonly sequence: number };
  /** Whether it was compared with `records` since the zone left its journal, if it ever did. */
  readonly compared: boolean;
}

/** What the database and the streams say of the zone. */
export interface Sightings {
  /** The database: what is stored, and how far the journal is known to have come; undefined while nothing is stored. */
  readonly stored: StoredStanding | undefined;
  /** Entries that the journal is not known to hold. */
  readonly pending: readonly PendingEntry[];
  /** The journal stream's newest entry, if it keeps any. */
  readonly last: { readonly to: number; readonly sequence: number; readonly octets: Uint8Array } | undefined;
  /** The newest snapshot. */
  readonly pointer: { readonly serial: number } | undefined;
}

export type Standing =
  /** The journal leads to where the database was: mark these as appended, and append those after sequence `expected`. */
  | {
      readonly is: 'level';
      readonly mark: readonly PendingEntry[];
      readonly append: readonly PendingEntry[];
      readonly expected: number;
    }
  /** One of the two was lost and came back old, or is new: the zone goes on after this serial, if anyone saw one, and from a snapshot. */
  | { readonly is: 'apart'; readonly after: number | undefined };

/**
 * Whether the journal that look-up replicas follow leads to the state in the database, and what is left to do.
 *
 * An empty journal is no contradiction: entries age out, and a stream that was lost leaves nobody anywhere else. Whether a replica that
 * starts gets here is the snapshot's question (`snapshotDue`).
 */
export function standingOf({ stored, pending, last, pointer }: Sightings): Standing {
  const apart: Standing = { is: 'apart', after: latestSerial(stored?.serial, last?.to, pointer?.serial) };
  if (!stored) return apart;
  if (pointer && serialCompare(pointer.serial, stored.serial) > 0) return apart;
  if (!last) return { is: 'level', mark: [], append: pending, expected: 0 };
  if (last.to === stored.appended.serial && last.sequence === stored.appended.sequence)
    return { is: 'level', mark: [], append: pending, expected: last.sequence };
  // It left its journal, which stays until there is more than nothing to lead replicas to.
  if (!stored.compared && last.sequence === stored.appended.sequence && serialCompare(last.to, stored.serial) < 0)
    return { is: 'level', mark: [], append: pending, expected: last.sequence };
  const found = pending.findIndex(({ serial, entry }) => serial === last.to && sameOctets(entry, last.octets));
  return found < 0
    ? apart
    : {
        is: 'level',
        mark: pending.slice(0, found + 1),
        append: pending.slice(found + 1),
        expected: last.sequence,
      };
}
