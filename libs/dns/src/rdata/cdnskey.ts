import { rdataType } from '../rdata-type.js';
import { dnskeyFields } from './dnskey.js';
import type { Dnskey } from './dnskey.js';

/** The DNSKEY whose DS the child wants at its parent (RFC 7344 §3.2); `0 3 0 AA==` asks for removal (RFC 8078 §4). */
export type Cdnskey = Dnskey;

export const cdnskey = rdataType<Cdnskey>('CDNSKEY', 60, dnskeyFields);
