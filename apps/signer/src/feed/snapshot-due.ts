export interface SnapshotPolicy {
  readonly snapshotEntries: number;
  /** Milliseconds. */
  readonly snapshotEvery: number;
}

export interface SnapshotSightings {
  readonly head: { readonly serial: number; readonly sequence: number };
  readonly pointer: { readonly serial: number; readonly journalSequence: number; readonly at: number } | undefined;
  readonly objectThere: boolean;
  /** The serial from which the first entry after the snapshot leads, when the journal keeps one. */
  readonly firstFrom: number | undefined;
  /** Last sequence that the journal stream gave out. */
  readonly lastSequence: number;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Why a new snapshot is needed, if it is. */
export type SnapshotReason = 'none' | 'object-lost' | 'journal-lost' | 'journal-gap' | 'entries' | 'age';

/** A replica that starts has to get from the newest snapshot to the head by the journal, and soon. */
export function snapshotDue(
  { head, pointer, objectThere, firstFrom, lastSequence, now }: SnapshotSightings,
  policy: SnapshotPolicy,
): SnapshotReason | undefined {
  if (!pointer) return 'none';
  if (!objectThere) return 'object-lost';
  // A stream made anew counts from 1 again: what comes next would lie before the place where replay begins.
  if (pointer.journalSequence > lastSequence) return 'journal-lost';
  if (pointer.serial === head.serial) return undefined;
  if (firstFrom !== pointer.serial) return 'journal-gap';
  if (head.sequence - pointer.journalSequence >= policy.snapshotEntries) return 'entries';
  if (now - pointer.at >= policy.snapshotEvery) return 'age';
  return undefined;
}
