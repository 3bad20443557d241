import { name } from '../fields.js';
import type { Name } from '../name.js';
import { rdataType } from '../rdata-type.js';

/** A mail destination, obsolete (RFC 1035 §3.3.4). */
export interface Md {
  target: Name;
}

export const md = rdataType<Md>('MD', 3, { target: name }, 'compressible');
