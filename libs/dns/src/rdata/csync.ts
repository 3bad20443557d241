import { typeBitmap } from '../field-types.js';
import { u16, u32 } from '../fields.js';
import { rdataType } from '../rdata-type.js';

/** What the child wants copied to its parent (RFC 7477 §2.1). */
export interface Csync {
  serial: number;
  flags: number;
  types: readonly number[];
}

export const csync = rdataType<Csync>('CSYNC', 62, { serial: u32, flags: u16, types: typeBitmap });
