import { name } from '../fields.js';
import type { Name } from '../name.js';
import { rdataType } from '../rdata-type.js';

/** A mail forwarder, obsolete (RFC 1035 §3.3.5). */
export interface Mf {
  target: Name;
}

export const mf = rdataType<Mf>('MF', 4, { target: name }, 'compressible');
