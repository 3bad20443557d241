import { name } from '../fields.js';
import type { Name } from '../name.js';
import { rdataType } from '../rdata-type.js';

/** A member of a mail group (RFC 1035 §3.3.6). */
export interface Mg {
  target: Name;
}

export const mg = rdataType<Mg>('MG', 8, { target: name }, 'compressible');
