import { name, u16 } from '../fields.js';
import type { Name } from '../name.js';
import { rdataType } from '../rdata-type.js';

/** A key exchanger (RFC 2230). */
export interface Kx {
  preference: number;
  exchanger: Name;
}

export const kx = rdataType<Kx>('KX', 36, { preference: u16, exchanger: name }, 'lowered');
