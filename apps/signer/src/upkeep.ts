import { errorFields } from '@callbook/process';
import { keepSnapshot } from './feed/keep-snapshot.js';
import type { SnapshotPolicy } from './feed/snapshot-due.js';
import { rotateDenialKeys, type RotationSettings } from './keys/rotate-denial-keys.js';
import { refreshSignatures } from './publish/refresh.js';
import type { SigningZone } from './publish/signing-zone.js';
import type { StaticRecords } from './static/keep-static-records.js';

export interface Upkeep {
  /** Soon, without waiting for the next time. */
  nudge(): void;
  stop(): Promise<void>;
}

export interface UpkeepPolicy extends SnapshotPolicy, RotationSettings {
  /** Milliseconds. */
  readonly upkeepEvery: number;
  readonly refreshBefore: number;
}

/**
 * Looks after the zone from time to time: a journal or snapshot that was lost, the operator's file, denial keys whose time has come,
 * signatures that end, a snapshot that is due.
 */
export function keepUp(
  { signing, ofOperator }: { readonly signing: SigningZone; readonly ofOperator: StaticRecords },
  policy: UpkeepPolicy,
): Upkeep {
  const { store, clock, log, measured } = signing.parts;
  let stopped = false;
  let wake = () => {};

  const round = async () => {
    await signing.relevel();
    await ofOperator.look();
    await rotateDenialKeys(signing, policy);
    await refreshSignatures(signing, policy.refreshBefore);
    if (await store.isCompared()) await keepSnapshot(signing, policy);
    const end = await store.firstEnd();
    if (end !== undefined) measured.remaining.set(end - clock() / 1_000);
  };

  const done = (async () => {
    while (!stopped) {
      await round().catch((error: unknown) => {
        if (!stopped) log.warn('upkeep.failed', errorFields(error));
      });
      if (stopped) break;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, policy.upkeepEvery);
        wake = () => (clearTimeout(timer), resolve());
      });
    }
  })();

  return {
    nudge: () => wake(),
    stop: async () => {
      stopped = true;
      wake();
      await done;
    },
  };
}
