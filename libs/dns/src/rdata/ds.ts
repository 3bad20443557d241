import { hexRest } from '../field-octets.js';
import { algorithm, u16, u8 } from '../fields.js';
import { rdataType } from '../rdata-type.js';

/** The digest of a child's key, held by the parent (RFC 4034 §5). */
export interface Ds {
  keyTag: number;
  algorithm: number;
  digestType: number;
  digest: Uint8Array;
}

/** Fields of DS and of CDS (RFC 7344 §3.1). */
export const dsFields = { keyTag: u16, algorithm, digestType: u8, digest: hexRest };

export const ds = rdataType<Ds>('DS', 43, dsFields);
