import { name } from '../fields.js';
import type { Name } from '../name.js';
import { rdataType } from '../rdata-type.js';

/** Mailboxes for requests and for errors of a list (RFC 1035 §3.3.7). */
export interface Minfo {
  requests: Name;
  errors: Name;
}

export const minfo = rdataType<Minfo>('MINFO', 14, { requests: name, errors: name }, 'compressible');
