import { characterStrings } from '../field-strings.js';
import { rdataType } from '../rdata-type.js';

/** Text (RFC 1035 §3.3.14). Strings are octets as code units, each 255 at most, at least one. */
export interface Txt {
  strings: readonly string[];
}

export const txt = rdataType<Txt>('TXT', 16, { strings: characterStrings });
