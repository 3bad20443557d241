import { base32Prefixed, hexPrefixed } from '../field-octets.js';
import { typeBitmap } from '../field-types.js';
import { named, u16, u8 } from '../fields.js';
import { rdataType } from '../rdata-type.js';

/** Hashed denial of existence (RFC 5155 §3). `next` is a hash, not a name. */
export interface Nsec3 {
  hashAlgorithm: number;
  flags: number;
  iterations: number;
  salt: Uint8Array;
  next: Uint8Array;
  types: readonly number[];
}

export const nsec3 = rdataType<Nsec3>('NSEC3', 50, {
  hashAlgorithm: named(u8, { 'SHA-1': 1 }),
  flags: u8,
  iterations: u16,
  salt: hexPrefixed,
  next: base32Prefixed,
  types: typeBitmap,
});
