import { rdataType } from '../rdata-type.js';
import { associationFields } from './tlsa.js';
import type { Tlsa } from './tlsa.js';

/** A key or certificate of a person (RFC 8162): as TLSA; `3 1 0 <SPKI>` is a bare public key. */
export type Smimea = Tlsa;

export const smimea = rdataType<Smimea>('SMIMEA', 53, associationFields);
