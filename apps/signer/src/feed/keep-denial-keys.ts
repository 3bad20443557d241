import { denialKeyPurpose, DenialKeys } from '@callbook/contracts';
import { exportZoneKey } from '@callbook/dnssec';
import { openAtRest, sealAtRest } from '@callbook/keys';
import type { DenialKey } from '../keys/zone-keys.js';
import type { ZoneFeed } from './zone-feed.js';

/**
 * Sees to it that look-up replicas have the denial keys that sign, or will: those whose time is known, newest first. The stream keeps one
 * message only, so that keys that are no more in it are nowhere but in the memory of replicas, until they read it.
 */
export async function keepDenialKeys(
  feed: Pick<ZoneFeed, 'denialKeys' | 'publishDenialKeys'>,
  denials: readonly DenialKey[],
  denialKeyEncryptionKey: Uint8Array,
): Promise<void> {
  const timed = denials.filter(({ signsFrom }) => signsFrom !== undefined);
  if (holds(await feed.denialKeys(), timed, denialKeyEncryptionKey)) return;
  const sealed = timed.map(({ key, signsFrom }) => ({
    algorithm: key.algorithm,
    flags: key.flags,
    tag: key.tag,
    sealed: Buffer.from(sealAtRest(exportZoneKey(key), denialKeyEncryptionKey, denialKeyPurpose)).toString('base64'),
    ...(signsFrom !== undefined && { signsFrom }),
  }));
  await feed.publishDenialKeys({ keys: sealed } satisfies DenialKeys);
}

/** Whether what was published are these very keys and times under this very key-encryption key. */
function holds(published: unknown, denials: readonly DenialKey[], denialKeyEncryptionKey: Uint8Array): boolean {
  const parsed = DenialKeys.safeParse(published);
  if (!parsed.success || parsed.data.keys.length !== denials.length) return false;
  return parsed.data.keys.every(({ sealed, signsFrom }, index) => {
    const denial = denials[index]!;
    try {
      const opened = openAtRest(Buffer.from(sealed, 'base64'), denialKeyEncryptionKey, denialKeyPurpose);
      return signsFrom === denial.signsFrom && Buffer.compare(opened, exportZoneKey(denial.key)) === 0;
    } catch {
      return false;
    }
  });
}
