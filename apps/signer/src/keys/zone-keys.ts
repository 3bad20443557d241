import { type Name } from '@callbook/dns';
import { exportZoneKey, generateZoneKey, importZoneKey, type Algorithm, type ZoneKey } from '@callbook/dnssec';
import { openAtRest, sealAtRest } from '@callbook/keys';

/**
 * `ksk` signs the DNSKEY set and is what the parent's DS names; `zsk` signs the rest; with `denial`, a second ZSK that leaves this process,
 * look-up replicas sign denials (RFC 9824).
 */
export type KeyRole = 'ksk' | 'zsk' | 'denial';
export const keyRoles: readonly KeyRole[] = ['ksk', 'zsk', 'denial'];

export type ZoneKeys = Readonly<Record<KeyRole, ZoneKey>>;

/** A key as it is kept: `sealed` is PKCS#8 under the key-encryption key. */
export interface KeptKey {
  readonly role: KeyRole;
  readonly tag: number;
  readonly algorithm: Algorithm;
  readonly flags: 256 | 257;
  readonly sealed: Uint8Array;
  readonly retired: boolean;
}

/** Bound to zone, role and tag, so that one sealed key cannot be put in the place of another. */
const purposeOf = (zone: Name, role: KeyRole, tag: number) => `callbook zone key ${zone.lower()} ${role} ${tag}`;

/** Makes a key for each role, no two with one tag, nor with one that the zone ever had. */
export function makeZoneKeys(
  zone: Name,
  algorithm: Algorithm,
  keyEncryptionKey: Uint8Array,
  takenTags: readonly number[],
): KeptKey[] {
  const taken = [...takenTags];
  return keyRoles.map((role) => {
    const key = generateZoneKey(algorithm, role === 'ksk' ? 257 : 256, taken);
    taken.push(key.tag);
    const sealed = sealAtRest(exportZoneKey(key), keyEncryptionKey, purposeOf(zone, role, key.tag));
    return { role, tag: key.tag, algorithm, flags: key.flags, sealed, retired: false };
  });
}

/** Errors: KeyError AT_REST_BROKEN when the key-encryption key is not the one they were sealed under. */
export function openZoneKeys(zone: Name, kept: readonly KeptKey[], keyEncryptionKey: Uint8Array): ZoneKeys {
  const open = (role: KeyRole): ZoneKey => {
    const found = kept.find((key) => key.role === role && !key.retired);
    if (!found) throw new Error(`the zone has no ${role}`);
    const pkcs8 = openAtRest(found.sealed, keyEncryptionKey, purposeOf(zone, role, found.tag));
    return importZoneKey(pkcs8, found.algorithm, found.flags);
  };
  return { ksk: open('ksk'), zsk: open('zsk'), denial: open('denial') };
}
