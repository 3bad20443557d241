import { characterString } from '../field-strings.js';
import { rdataType } from '../rdata-type.js';

/** Kind of host (RFC 1035 §3.3.2); today the answer to ANY (RFC 8482 §4.2). Strings are octets as code units, 255 at most. */
export interface Hinfo {
  cpu: string;
  os: string;
}

export const hinfo = rdataType<Hinfo>('HINFO', 13, { cpu: characterString, os: characterString });
