import { name, u16 } from '../fields.js';
import type { Name } from '../name.js';
import { rdataType } from '../rdata-type.js';

/** Where a service runs (RFC 2782). */
export interface Srv {
  priority: number;
  weight: number;
  port: number;
  target: Name;
}

export const srv = rdataType<Srv>('SRV', 33, { priority: u16, weight: u16, port: u16, target: name }, 'expandable');
