import { stringRest } from '../field-strings.js';
import { u16 } from '../fields.js';
import { rdataType } from '../rdata-type.js';

/** A URI for a service (RFC 7553 §4). `target` is octets as code units, not bound to 255. */
export interface Uri {
  priority: number;
  weight: number;
  target: string;
}

export const uri = rdataType<Uri>('URI', 256, { priority: u16, weight: u16, target: stringRest });
