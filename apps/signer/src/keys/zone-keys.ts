import { type Name } from '@callbook/dns';
import { exportZoneKey, generateZoneKey, importZoneKey, type Algorithm, type ZoneKey } from '@callbook/dnssec';
import { openAtRest, sealAtRest } from '@callbook/keys';

/**
 * `ksk` signs the DNSKEY set and is what the parent's DS names; `zsk` signs the rest; with `denial`, another ZSK that leaves this process,
 * look-up replicas sign denials (RFC 9824).
 */
export type KeyRole = 'ksk' | 'zsk' | 'denial';
export const keyRoles: readonly KeyRole[] = ['ksk', 'zsk', 'denial'];

export interface DenialKey {
  readonly key: ZoneKey;
  /** Unix seconds from which replicas may sign with it; undefined until its DNSKEY is known to be shown. */
  readonly signsFrom: number | undefined;
}

/** A key as it is kept: `sealed` is PKCS#8 under the key-encryption key, empty once it is retired and out of use. */
export interface KeptKey {
  readonly role: KeyRole;
  readonly tag: number;
  readonly algorithm: Algorithm;
  readonly flags: 256 | 257;
  readonly sealed: Uint8Array;
  readonly retired: boolean;
  /** Of a denial key, as above. */
  readonly signsFrom?: number | undefined;
}

/** The zone's keys cannot be used: they have to be opened with another key, or rolled over. No second try makes it better. */
export class UnusableKeys extends Error {
  override readonly name = 'UnusableKeys';
}

/** The keys that the zone shows. Denial keys come and go while the signer leads; the other two stay. */
export class ZoneKeys {
  private denials: readonly DenialKey[];

  constructor(
    readonly ksk: ZoneKey,
    readonly zsk: ZoneKey,
    denials: readonly DenialKey[],
  ) {
    this.denials = newestFirst(denials);
  }

  /** Newest first: one whose time is not known yet before all others. */
  get denial(): readonly DenialKey[] {
    return this.denials;
  }

  /** Rdata of the DNSKEY set. */
  get dnskeys(): Uint8Array[] {
    return [this.ksk, this.zsk, ...this.denials.map(({ key }) => key)].map(({ rdata }) => rdata);
  }

  addDenial(denial: DenialKey): void {
    this.denials = newestFirst([...this.denials.filter(({ key }) => key.tag !== denial.key.tag), denial]);
  }

  dropDenial(tag: number): void {
    this.denials = this.denials.filter(({ key }) => key.tag !== tag);
  }
}

const newestFirst = (denials: readonly DenialKey[]) =>
  [...denials].sort((a, b) => (b.signsFrom ?? Infinity) - (a.signsFrom ?? Infinity) || 0);

/** Bound to zone, role and tag, so that one sealed key cannot be put in the place of another. */
const purposeOf = (zone: Name, role: KeyRole, tag: number) => `callbook zone key ${zone.lower()} ${role} ${tag}`;

export function sealKey(zone: Name, role: KeyRole, key: ZoneKey, keyEncryptionKey: Uint8Array): KeptKey {
  const sealed = sealAtRest(exportZoneKey(key), keyEncryptionKey, purposeOf(zone, role, key.tag));
  return { role, tag: key.tag, algorithm: key.algorithm, flags: key.flags, sealed, retired: false };
}

/**
 * Makes a key for each of these roles, no two with one tag, nor with one of `takenTags`. A new zone's denial key may sign at once, which is
 * from `signsFrom`: nobody holds an older DNSKEY set.
 */
export function makeZoneKeys(
  zone: Name,
  algorithm: Algorithm,
  keyEncryptionKey: Uint8Array,
  takenTags: readonly number[],
  { roles = keyRoles, signsFrom }: { readonly roles?: readonly KeyRole[]; readonly signsFrom?: number } = {},
): KeptKey[] {
  const taken = [...takenTags];
  return roles.map((role) => {
    const key = generateZoneKey(algorithm, role === 'ksk' ? 257 : 256, taken);
    taken.push(key.tag);
    return { ...sealKey(zone, role, key, keyEncryptionKey), signsFrom: role === 'denial' ? signsFrom : undefined };
  });
}

/** Errors: UnusableKeys when a role has no key, or the key-encryption key is not the one they were sealed under. */
export function openZoneKeys(zone: Name, kept: readonly KeptKey[], keyEncryptionKey: Uint8Array): ZoneKeys {
  const open = (role: KeyRole): { key: ZoneKey; signsFrom: number | undefined }[] => {
    const found = kept.filter((key) => key.role === role && !key.retired);
    if (found.length === 0) throw new UnusableKeys(`the zone has no ${role}`);
    return found.map((each) => ({ key: openKey(zone, each, keyEncryptionKey), signsFrom: each.signsFrom }));
  };
  return new ZoneKeys(open('ksk')[0]!.key, open('zsk')[0]!.key, open('denial'));
}

/** Errors: UnusableKeys. */
export function openKey(zone: Name, kept: KeptKey, keyEncryptionKey: Uint8Array): ZoneKey {
  try {
    const pkcs8 = openAtRest(kept.sealed, keyEncryptionKey, purposeOf(zone, kept.role, kept.tag));
    return importZoneKey(pkcs8, kept.algorithm, kept.flags);
  } catch (cause) {
    throw new UnusableKeys(`the zone's ${kept.role} cannot be opened`, { cause });
  }
}
