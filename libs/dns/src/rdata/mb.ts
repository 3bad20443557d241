import { name } from '../fields.js';
import type { Name } from '../name.js';
import { rdataType } from '../rdata-type.js';

/** The host of a mailbox (RFC 1035 §3.3.3). */
export interface Mb {
  target: Name;
}

export const mb = rdataType<Mb>('MB', 7, { target: name }, 'compressible');
