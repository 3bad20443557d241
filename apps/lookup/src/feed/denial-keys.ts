import { denialKeyAt, denialKeyPurpose, DenialKeys } from '@callbook/contracts';
import { RRType } from '@callbook/dns';
import { importZoneKey, keyTag, type ZoneKey } from '@callbook/dnssec';
import { openAtRest } from '@callbook/keys';
import type { ZoneStore } from '../zone/zone-store.js';

export interface DenialKey extends ZoneKey {
  readonly signsFrom: number | undefined;
}

/** What the signer hands over, sealed for look-up replicas only. */
export function openDenialKeys(octets: Uint8Array, encryptionKey: Uint8Array): DenialKey[] {
  const { keys } = DenialKeys.parse(JSON.parse(Buffer.from(octets).toString('utf8')));
  return keys.map(({ algorithm, flags, sealed, signsFrom }) => ({
    ...importZoneKey(openAtRest(Buffer.from(sealed, 'base64'), encryptionKey, denialKeyPurpose), algorithm, flags),
    signsFrom,
  }));
}

/** The newest key that the zone shows in its DNSKEY set, and whose time to sign has come. `now`: Unix seconds. */
export const denialKeyIn = (zone: ZoneStore, keys: readonly DenialKey[], now: number): ZoneKey | undefined =>
  denialKeyAt(keys, tagsShown(zone), now);

const shown = new WeakMap<ZoneStore, { readonly serial: number; readonly tags: ReadonlySet<number> }>();

/** Key tags in the zone's DNSKEY set, worked out once for each serial. */
function tagsShown(zone: ZoneStore): ReadonlySet<number> {
  const known = shown.get(zone);
  if (known?.serial === zone.serial) return known.tags;
  const tags = new Set(zone.set(zone.apex.name, RRType.DNSKEY)?.set.rdatas.map(keyTag));
  shown.set(zone, { serial: zone.serial, tags });
  return tags;
}
