import { describe, expect, it } from 'vitest';
import { snapshotDue, type SnapshotSightings } from './snapshot-due.js';

const policy = { snapshotEntries: 100, snapshotEvery: 3_600_000 };
const sound: SnapshotSightings = {
  head: { serial: 150, sequence: 60 },
  pointer: { serial: 100, journalSequence: 10, at: 0 },
  objectThere: true,
  firstFrom: 100,
  lastSequence: 60,
  now: 60_000,
};

describe('a snapshot', () => {
  it('is not due while the journal leads from the last one to the head', () => {
    expect(snapshotDue(sound, policy)).toBeUndefined();
  });

  it('is never due in a zone where nothing happens', () => {
    const quiet = { ...sound, head: { serial: 100, sequence: 10 }, firstFrom: undefined, now: 1e12 };
    expect(snapshotDue(quiet, policy)).toBeUndefined();
  });

  it.each([
    ['there is none', { pointer: undefined }, 'none'],
    ['its object is gone', { objectThere: false }, 'object-lost'],
    ['the journal counts from 1 again', { lastSequence: 3 }, 'journal-lost'],
    ['the entry after it has aged out', { firstFrom: 117 }, 'journal-gap'],
    ['all entries after it have aged out', { firstFrom: undefined }, 'journal-gap'],
    ['a replica would have to replay many entries', { head: { serial: 250, sequence: 110 } }, 'entries'],
    ['it is old', { now: 3_600_000 }, 'age'],
  ])('is due when %s', (_, seen, reason) => {
    expect(snapshotDue({ ...sound, ...seen }, policy)).toBe(reason);
  });
});
