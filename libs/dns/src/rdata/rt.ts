import { name, u16 } from '../fields.js';
import type { Name } from '../name.js';
import { rdataType } from '../rdata-type.js';

/** A host that routes to one without an address of its own (RFC 1183 §3.3). */
export interface Rt {
  preference: number;
  host: Name;
}

export const rt = rdataType<Rt>('RT', 21, { preference: u16, host: name }, 'expandable');
