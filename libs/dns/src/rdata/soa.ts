import { duration, name, u32 } from '../fields.js';
import type { Name } from '../name.js';
import { rdataType } from '../rdata-type.js';

/** Start of a zone of authority (RFC 1035 §3.3.13). Intervals in seconds; `minimum` is the TTL of negative answers (RFC 2308 §4). */
export interface Soa {
  mname: Name;
  rname: Name;
  serial: number;
  refresh: number;
  retry: number;
  expire: number;
  minimum: number;
}

export const soa = rdataType<Soa>(
  'SOA',
  6,
  { mname: name, rname: name, serial: u32, refresh: duration, retry: duration, expire: duration, minimum: duration },
  'compressible',
);
