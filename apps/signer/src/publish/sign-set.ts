import { writeRR, type Name } from '@callbook/dns';
import { signRRset } from '@callbook/dnssec';
import { RRType } from '@callbook/dns';
import { createHash } from 'node:crypto';
import type { ZoneKeys } from '../keys/zone-keys.js';
import { neverEnds, recordsOf, type SignedSet, type WantedSet } from '../zone/signed-set.js';

/** Milliseconds. */
export interface SigningPolicy {
  readonly signatureValidity: number;
  readonly signatureJitter: number;
}

/** Validators' clocks may be behind ours by this much: the skew that RFC 6781 §4.4.2.2 has in mind, generously. */
const backdatedSeconds = 3_600;

export const inceptionAt = (nowMs: number) => Math.floor(nowMs / 1_000) - backdatedSeconds;

/** Signs with the KSK what only it signs, the DNSKEY set, and with the ZSK the rest; not what is not the zone's own (RFC 4035 §2.2). */
export function signSet(
  { subject, set, unsigned = false }: WantedSet,
  by: { zone: Name; keys: Pick<ZoneKeys, 'ksk' | 'zsk'>; policy: SigningPolicy },
  nowMs: number,
): SignedSet {
  const { zone, keys, policy } = by;
  const owner = set.name.lower();
  const records = recordsOf(set);
  if (unsigned) return { subject, owner, type: set.type, records, signatures: none, expires: neverEnds };
  const expires = Math.floor((nowMs + policy.signatureValidity - jitterOf(owner, policy.signatureJitter)) / 1_000);
  const validity = { inception: inceptionAt(nowMs), expiration: expires };
  const key = set.type === RRType.DNSKEY ? keys.ksk : keys.zsk;
  const signature = signRRset({ ...set, name: owner }, { key, signer: zone }, validity);
  return { subject, owner, type: set.type, records, signatures: writeRR(signature), expires };
}

const none = new Uint8Array();

/** The same for one owner always, so that a name's signatures come due together and all names' do not. */
export function jitterOf(owner: Name, spread: number): number {
  const hash = createHash('sha256').update(owner.wire).digest().readUInt32BE(0);
  return Math.floor((hash / 2 ** 32) * spread);
}
