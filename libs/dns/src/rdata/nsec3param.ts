import { hexPrefixed } from '../field-octets.js';
import { named, u16, u8 } from '../fields.js';
import { rdataType } from '../rdata-type.js';

/** How a zone hashes its names (RFC 5155 §4). */
export interface Nsec3param {
  hashAlgorithm: number;
  flags: number;
  iterations: number;
  salt: Uint8Array;
}

export const nsec3param = rdataType<Nsec3param>('NSEC3PARAM', 51, {
  hashAlgorithm: named(u8, { 'SHA-1': 1 }),
  flags: u8,
  iterations: u16,
  salt: hexPrefixed,
});
