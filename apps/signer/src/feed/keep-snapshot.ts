import type { SignedSet } from '../zone/signed-set.js';
import { RRType } from '@callbook/dns';
import type { Head, SigningZone } from '../publish/signing-zone.js';
import { snapshotDue, type SnapshotPolicy, type SnapshotReason } from './snapshot-due.js';

const kept = 2;

/**
 * Makes a new snapshot when one is due. Steps:
 * 1 fix the moment, in a turn, so that it lies between two entries  2 put the object, while others publish
 * 3 publish the pointer (the commit)  4 delete old objects.
 * A crash before 3 leaves an object that nobody knows, which a later 4 deletes.
 */
export async function keepSnapshot(signing: SigningZone, policy: SnapshotPolicy): Promise<SnapshotReason | undefined> {
  const { feed, log } = signing.parts;
  const reason = await whyDue(signing, policy);
  if (!reason) return undefined;

  const { head, written } = await signing.inTurn(async (at) => ({ head: at, ...(await beginWriting(signing, at)) }));
  const { object, sha256 } = await written;
  await feed.publishPointer({ serial: head.serial, object, journalSequence: head.sequence, sha256 });
  log.info('snapshot.published', { serial: head.serial, reason });
  await feed.keepObjects(kept);
  return reason;
}

async function whyDue(signing: SigningZone, policy: SnapshotPolicy): Promise<SnapshotReason | undefined> {
  const { feed, clock } = signing.parts;
  return signing.inTurn(async (head) => {
    const pointer = await feed.pointer();
    const first = pointer && (await feed.entryAfter(pointer.journalSequence));
    const sightings = {
      head,
      pointer,
      objectThere: pointer !== undefined && (await feed.hasObject(pointer.object)),
      firstFrom: first?.from,
      lastSequence: await feed.lastSequence(),
      now: clock(),
    };
    return snapshotDue(sightings, policy);
  });
}

/** Resolves once the moment is fixed; `written` when the object is stored. */
async function beginWriting(signing: SigningZone, head: Head) {
  const { store, feed } = signing.parts;
  let begun = () => {};
  const fixed = new Promise<void>((resolve) => (begun = resolve));
  const written = store.readWhole(begun, (pages) => feed.putObject(head.serial, snapshotOctets(head.soa, pages)));
  await Promise.race([fixed, written]);
  return { written };
}

/** The form of `encodeSnapshot`, a page at a time: the SOA first, every RRset followed by its signatures. */
async function* snapshotOctets(soa: SignedSet, pages: AsyncIterable<readonly SignedSet[]>): AsyncGenerator<Uint8Array> {
  yield Buffer.concat([soa.records, soa.signatures]);
  for await (const sets of pages)
    yield Buffer.concat(
      sets.filter(({ type }) => type !== RRType.SOA).flatMap(({ records, signatures }) => [records, signatures]),
    );
}
