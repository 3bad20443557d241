import type { Name } from '@callbook/dns';
import type { Algorithm } from '@callbook/dnssec';
import { inceptionAt } from '../publish/sign-set.js';
import type { ZoneStore } from '../zone/zone-store.js';
import { makeZoneKeys, openZoneKeys, UnusableKeys, type ZoneKeys } from './zone-keys.js';

/**
 * The zone's keys: made on first start, all in one transaction, and kept since. Errors: UnusableKeys for an algorithm other than that of the
 * keys (it takes a rollover), or a key-encryption key that does not open them.
 */
export async function keepZoneKeys(
  store: Pick<ZoneStore, 'keys' | 'addKeys'>,
  settings: { readonly zone: Name; readonly algorithm: Algorithm; readonly keyEncryptionKey: Uint8Array },
  nowMs: number,
): Promise<ZoneKeys> {
  const { zone, algorithm, keyEncryptionKey } = settings;
  const kept = await store.keys();
  if (kept.every(({ retired }) => retired)) {
    const taken = kept.map(({ tag }) => tag);
    await store.addKeys(makeZoneKeys(zone, algorithm, keyEncryptionKey, taken, { signsFrom: inceptionAt(nowMs) }));
  }
  const keys = openZoneKeys(zone, await store.keys(), keyEncryptionKey);
  if (keys.ksk.algorithm !== algorithm)
    throw new UnusableKeys(`the zone's keys are of algorithm ${keys.ksk.algorithm}: another one takes a rollover`);
  return keys;
}
