import { name } from '../fields.js';
import type { Name } from '../name.js';
import { rdataType } from '../rdata-type.js';

/** The new name of a mailbox (RFC 1035 §3.3.8). */
export interface Mr {
  target: Name;
}

export const mr = rdataType<Mr>('MR', 9, { target: name }, 'compressible');
