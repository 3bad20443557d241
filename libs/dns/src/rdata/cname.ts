import { name } from '../fields.js';
import type { Name } from '../name.js';
import { rdataType } from '../rdata-type.js';

/** The canonical name of an alias (RFC 1035 §3.3.1). */
export interface Cname {
  target: Name;
}

export const cname = rdataType<Cname>('CNAME', 5, { target: name }, 'compressible');
