import { base64Rest } from '../field-octets.js';
import { rrType } from '../field-types.js';
import { algorithm, name, timestamp, u16, u32, u8 } from '../fields.js';
import type { Name } from '../name.js';
import { rdataType } from '../rdata-type.js';

/** A signature over an RRset (RFC 4034 §3). Times in seconds since 1970 modulo 2³², compared as serials (§3.1.5). */
export interface Rrsig {
  typeCovered: number;
  algorithm: number;
  labels: number;
  originalTtl: number;
  expiration: number;
  inception: number;
  keyTag: number;
  signer: Name;
  signature: Uint8Array;
}

export const rrsig = rdataType<Rrsig>(
  'RRSIG',
  46,
  {
    typeCovered: rrType,
    algorithm,
    labels: u8,
    originalTtl: u32,
    expiration: timestamp,
    inception: timestamp,
    keyTag: u16,
    signer: name,
    signature: base64Rest,
  },
  'lowered',
);
