import { rdataType } from '../rdata-type.js';
import { dsFields } from './ds.js';
import type { Ds } from './ds.js';

/** The DS that the child wants at its parent (RFC 7344 §3.1); `0 0 0 00` asks for removal (RFC 8078 §4). */
export type Cds = Ds;

export const cds = rdataType<Cds>('CDS', 59, dsFields);
