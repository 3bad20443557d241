import { name } from '../fields.js';
import type { Name } from '../name.js';
import { rdataType } from '../rdata-type.js';

/** Who is responsible (RFC 1183 §2.2): a mailbox written as a name, and a name with TXT records. */
export interface Rp {
  mailbox: Name;
  text: Name;
}

export const rp = rdataType<Rp>('RP', 17, { mailbox: name, text: name }, 'expandable');
