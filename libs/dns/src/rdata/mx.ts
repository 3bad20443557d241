import { name, u16 } from '../fields.js';
import type { Name } from '../name.js';
import { rdataType } from '../rdata-type.js';

/** A mail exchange (RFC 1035 §3.3.9). */
export interface Mx {
  preference: number;
  exchange: Name;
}

export const mx = rdataType<Mx>('MX', 15, { preference: u16, exchange: name }, 'compressible');
