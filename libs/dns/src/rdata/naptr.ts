import { characterString } from '../field-strings.js';
import { name, u16 } from '../fields.js';
import type { Name } from '../name.js';
import { rdataType } from '../rdata-type.js';

/** A rule of DDDS and so of ENUM (RFC 3403 §4). Strings are octets as code units, 255 at most. */
export interface Naptr {
  order: number;
  preference: number;
  flags: string;
  services: string;
  regexp: string;
  replacement: Name;
}

export const naptr = rdataType<Naptr>(
  'NAPTR',
  35,
  {
    order: u16,
    preference: u16,
    flags: characterString,
    services: characterString,
    regexp: characterString,
    replacement: name,
  },
  'expandable',
);
