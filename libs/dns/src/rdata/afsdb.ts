import { name, u16 } from '../fields.js';
import type { Name } from '../name.js';
import { rdataType } from '../rdata-type.js';

/** An AFS cell database server (RFC 1183 §1). */
export interface Afsdb {
  subtype: number;
  host: Name;
}

export const afsdb = rdataType<Afsdb>('AFSDB', 18, { subtype: u16, host: name }, 'expandable');
