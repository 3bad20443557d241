import { ipv4 } from '../field-addresses.js';
import { rdataType } from '../rdata-type.js';

/** An IPv4 address (RFC 1035 §3.4.1), dotted. */
export interface A {
  address: string;
}

export const a = rdataType<A>('A', 1, { address: ipv4 });
