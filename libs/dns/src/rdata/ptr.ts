import { name } from '../fields.js';
import type { Name } from '../name.js';
import { rdataType } from '../rdata-type.js';

/** A pointer to another name (RFC 1035 §3.3.12). */
export interface Ptr {
  target: Name;
}

export const ptr = rdataType<Ptr>('PTR', 12, { target: name }, 'compressible');
