import { name } from '../fields.js';
import type { Name } from '../name.js';
import { rdataType } from '../rdata-type.js';

/** Redirection of a whole subtree (RFC 6672). */
export interface Dname {
  target: Name;
}

export const dname = rdataType<Dname>('DNAME', 39, { target: name }, 'lowered');
