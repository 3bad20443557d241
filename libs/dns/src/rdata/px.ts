import { name, u16 } from '../fields.js';
import type { Name } from '../name.js';
import { rdataType } from '../rdata-type.js';

/** X.400 mail mapping (RFC 2163 §4). */
export interface Px {
  preference: number;
  map822: Name;
  mapx400: Name;
}

export const px = rdataType<Px>('PX', 26, { preference: u16, map822: name, mapx400: name }, 'expandable');
