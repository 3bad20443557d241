import { typeBitmap } from '../field-types.js';
import { name } from '../fields.js';
import type { Name } from '../name.js';
import { rdataType } from '../rdata-type.js';

/** The next name in the zone and the types at this one (RFC 4034 §4). `types` ascend; any order may be written. */
export interface Nsec {
  next: Name;
  types: readonly number[];
}

export const nsec = rdataType<Nsec>('NSEC', 47, { next: name, types: typeBitmap });
