import { DnsError } from '../errors.js';
import { base64Rest } from '../field-octets.js';
import { algorithm, u16, u8 } from '../fields.js';
import type { Field } from '../fields.js';
import { rdataType } from '../rdata-type.js';

/** A zone key (RFC 4034 §2). */
export interface Dnskey {
  flags: number;
  protocol: 3;
  algorithm: number;
  publicKey: Uint8Array;
}

function three(value: number): 3 {
  if (value !== 3) throw new DnsError('RDATA_MALFORMED', `the protocol of a key is 3, not ${value}`);
  return value;
}

/** RFC 4034 §2.1.2: 3, and a key with anything else is invalid. */
const protocol: Field<3> = {
  read: (from) => three(u8.read(from)),
  write: (to, value) => u8.write(to, three(value)),
  copy: u8.copy,
  readText: (from) => three(u8.readText(from)),
  writeText: String,
};

/** Fields of DNSKEY and of CDNSKEY (RFC 7344 §3.2). */
export const dnskeyFields = { flags: u16, protocol, algorithm, publicKey: base64Rest };

export const dnskey = rdataType<Dnskey>('DNSKEY', 48, dnskeyFields);
