import { denialKeyPurpose, DenialKeys } from '@callbook/contracts';
import type { Name } from '@callbook/dns';
import { importZoneKey } from '@callbook/dnssec';
import { openAtRest } from '@callbook/keys';
import type { Log } from '@callbook/process';
import type { ZoneFeed } from '../feed/zone-feed.js';
import type { ZoneStore } from '../zone/zone-store.js';
import { sealKey, type ZoneKeys } from './zone-keys.js';

/**
 * A database that came back from an old dump does not know the denial keys that were made since: replicas sign with them and caches know
 * their DNSKEYs, so that the zone has to go on showing them. They are taken over from what was handed out, and rotate on from there. What
 * the database knows stays as it knows it.
 */
export async function adoptDenialKeys(
  {
    store,
    feed,
    keys,
    log,
  }: {
    readonly store: Pick<ZoneStore, 'keys' | 'addKeys'>;
    readonly feed: Pick<ZoneFeed, 'denialKeys' | 'ensure'>;
    readonly keys: ZoneKeys;
    readonly log: Log;
  },
  settings: {
    readonly zone: Name;
    readonly keyEncryptionKey: Uint8Array;
    readonly denialKeyEncryptionKey: Uint8Array;
  },
): Promise<void> {
  await feed.ensure();
  const handedOut = DenialKeys.safeParse(await feed.denialKeys());
  if (!handedOut.success) return;
  const known = new Set((await store.keys()).map(({ tag }) => tag));
  for (const { tag, algorithm, flags, sealed, signsFrom } of handedOut.data.keys) {
    if (known.has(tag) || algorithm !== keys.zsk.algorithm || signsFrom === undefined) continue;
    const key = openHandedOut(sealed, settings.denialKeyEncryptionKey, algorithm, flags);
    if (key?.tag !== tag) continue;
    await store.addKeys([{ ...sealKey(settings.zone, 'denial', key, settings.keyEncryptionKey), signsFrom }]);
    keys.addDenial({ key, signsFrom });
    log.warn('denial_key.adopted', { tag });
  }
}

/** Undefined for one that was sealed under another key: of a database as old, nobody could use it. */
function openHandedOut(sealed: string, keyEncryptionKey: Uint8Array, algorithm: 8 | 13 | 14 | 15, flags: 256 | 257) {
  try {
    const pkcs8 = openAtRest(Buffer.from(sealed, 'base64'), keyEncryptionKey, denialKeyPurpose);
    return importZoneKey(pkcs8, algorithm, flags);
  } catch {
    return undefined;
  }
}
