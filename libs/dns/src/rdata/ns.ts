import { name } from '../fields.js';
import type { Name } from '../name.js';
import { rdataType } from '../rdata-type.js';

/** An authoritative server of a zone (RFC 1035 §3.3.11). */
export interface Ns {
  target: Name;
}

export const ns = rdataType<Ns>('NS', 2, { target: name }, 'compressible');
