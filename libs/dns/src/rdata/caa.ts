import { DnsError } from '../errors.js';
import { characterString, stringRest } from '../field-strings.js';
import { u8 } from '../fields.js';
import type { Field } from '../fields.js';
import { rdataType } from '../rdata-type.js';

/** Which authority may certify (RFC 8659 §4). `value` is octets as code units. */
export interface Caa {
  flags: number;
  tag: string;
  value: string;
}

function checkedTag(text: string): string {
  if (!/^[0-9a-z]{1,255}$/i.test(text)) {
    throw new DnsError('RDATA_MALFORMED', 'a CAA tag is letters and digits, at least one (RFC 8659 §4.1)');
  }
  return text;
}

const tag: Field<string> = {
  ...characterString,
  read: (from) => checkedTag(characterString.read(from)),
  write: (to, value) => characterString.write(to, checkedTag(value)),
  readText: (from) => checkedTag(from.next()),
  writeText: (value) => value,
};

export const caa = rdataType<Caa>('CAA', 257, { flags: u8, tag, value: stringRest });
