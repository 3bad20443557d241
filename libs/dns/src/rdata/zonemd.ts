import { hexRest } from '../field-octets.js';
import { u32, u8 } from '../fields.js';
import { rdataType } from '../rdata-type.js';

/** A digest over a whole zone (RFC 8976 §2). */
export interface Zonemd {
  serial: number;
  scheme: number;
  hashAlgorithm: number;
  digest: Uint8Array;
}

export const zonemd = rdataType<Zonemd>('ZONEMD', 63, { serial: u32, scheme: u8, hashAlgorithm: u8, digest: hexRest });
