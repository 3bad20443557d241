import { ipv6 } from '../field-addresses.js';
import { rdataType } from '../rdata-type.js';

/** An IPv6 address (RFC 3596 §2.2). */
export interface Aaaa {
  address: string;
}

export const aaaa = rdataType<Aaaa>('AAAA', 28, { address: ipv6 });
