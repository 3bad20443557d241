import { RRType, readRRs } from '@callbook/dns';
import type { Algorithm } from '@callbook/dnssec';
import { keepDenialKeys } from '../feed/keep-denial-keys.js';
import { refuseJumpedClock } from '../publish/clock-guard.js';
import { configureInTurn } from '../publish/configure-zone.js';
import type { SigningZone } from '../publish/signing-zone.js';
import { zoneItself } from '../zone/subject.js';
import { denialKeysDue, signsFromOf, type DenialRotationPolicy } from './denial-rotation.js';
import { makeZoneKeys, openKey } from './zone-keys.js';

export interface RotationSettings extends DenialRotationPolicy {
  readonly algorithm: Algorithm;
  readonly keyEncryptionKey: Uint8Array;
  readonly denialKeyEncryptionKey: Uint8Array;
}

/** After this long nobody remembers a key, and its tag may be drawn again. */
const tagsRememberedMs = 90 * 86_400_000;

/**
 * Lets the denial key rotate, as far as it is time to (`denialKeysDue`). Steps, all of which are looked at each time, and repeated without
 * harm:
 * 1 make the next key  2 retire those out of use  3 show the DNSKEYs that are left and new, in one journal entry
 * 4 note from when a key may sign that is shown now  5 hand the keys to the replicas, sealed  6 forget the private halves of the retired.
 * A crash before 4 costs time: the next look takes the key as shown only since then. Nobody signs with a key before 5.
 */
export async function rotateDenialKeys(signing: SigningZone, settings: RotationSettings): Promise<void> {
  const { store, keys, feed, clock, log } = signing.parts;
  await signing.inTurn(async (head) => {
    const now = clock();
    const seconds = Math.floor(now / 1_000);
    const states = keys.denial.map(({ key, signsFrom }) => ({ tag: key.tag, signsFrom }));
    const due = denialKeysDue(states, seconds, settings);
    // A clock that jumped would bring keys in and out before their time.
    if (due.make || due.retire.length > 0 || states.some(({ signsFrom }) => signsFrom === undefined))
      refuseJumpedClock({ now, database: await store.clock(), lastInception: head.lastInception });

    if (due.make) await makeDenialKey(signing, settings);
    for (const tag of due.retire) {
      await store.retireKey(tag, now);
      keys.dropDenial(tag);
    }
    const ttlBefore = await shownTtl(signing);
    await configureInTurn(signing, head);
    for (const { key, signsFrom } of keys.denial) {
      if (signsFrom !== undefined) continue;
      const from = signsFromOf(Math.ceil(clock() / 1_000), settings, ttlBefore);
      await store.setSignsFrom(key.tag, from);
      keys.addDenial({ key, signsFrom: from });
      log.info('denial_key.shown', { tag: key.tag, signsFrom: from });
    }
    await keepDenialKeys(feed, keys.denial, settings.denialKeyEncryptionKey);
    for (const tag of due.retire) log.info('denial_key.retired', { tag });
    await store.forgetRetiredKeys(now - tagsRememberedMs);
  });
}

/** One that was made before, and of which nobody was told because something failed, is taken first. */
async function makeDenialKey({ parts: { zone, store, keys } }: SigningZone, settings: RotationSettings): Promise<void> {
  const { algorithm, keyEncryptionKey } = settings;
  const kept = await store.keys();
  const ours = new Set(keys.denial.map(({ key }) => key.tag));
  let next = kept.find(({ role, retired, tag }) => role === 'denial' && !retired && !ours.has(tag));
  if (!next) {
    const taken = kept.map(({ tag }) => tag);
    [next] = makeZoneKeys(zone, algorithm, keyEncryptionKey, taken, { roles: ['denial'] });
    await store.addKeys([next!]);
  }
  keys.addDenial({ key: openKey(zone, next!, keyEncryptionKey), signsFrom: undefined });
}

/** Milliseconds: TTL of the DNSKEY set that caches may hold until now. */
async function shownTtl({ parts: { store } }: SigningZone): Promise<number> {
  const set = (await store.setsOf([zoneItself])).find(({ type }) => type === RRType.DNSKEY);
  return set ? readRRs(set.records)[0]!.ttl * 1_000 : 0;
}
