import { denialKeyPurpose, DenialKeys } from '@callbook/contracts';
import { exportZoneKey, type ZoneKey } from '@callbook/dnssec';
import { openAtRest, sealAtRest } from '@callbook/keys';
import type { ZoneFeed } from './zone-feed.js';

/** Sees to it that look-up replicas can have the denial keys: before any snapshot or entry in which their DNSKEYs appear. */
export async function keepDenialKeys(
  feed: ZoneFeed,
  keys: readonly ZoneKey[],
  denialKeyEncryptionKey: Uint8Array,
): Promise<void> {
  if (holds(await feed.denialKeys(), keys, denialKeyEncryptionKey)) return;
  const sealed = keys.map((key) => ({
    algorithm: key.algorithm,
    flags: key.flags,
    tag: key.tag,
    sealed: Buffer.from(sealAtRest(exportZoneKey(key), denialKeyEncryptionKey, denialKeyPurpose)).toString('base64'),
  }));
  await feed.publishDenialKeys({ keys: sealed } satisfies DenialKeys);
}

/** Whether what was published are these very keys under this very key-encryption key. */
function holds(published: unknown, keys: readonly ZoneKey[], denialKeyEncryptionKey: Uint8Array): boolean {
  const parsed = DenialKeys.safeParse(published);
  if (!parsed.success || parsed.data.keys.length !== keys.length) return false;
  return parsed.data.keys.every(({ sealed }, index) => {
    try {
      const opened = openAtRest(Buffer.from(sealed, 'base64'), denialKeyEncryptionKey, denialKeyPurpose);
      return Buffer.compare(opened, exportZoneKey(keys[index]!)) === 0;
    } catch {
      return false;
    }
  });
}
