import { DnsError } from './errors.js';
import type { Name } from './name.js';
import { equalOctets } from './octets.js';
import { Reader } from './reader.js';
import { RRType } from './type-codes.js';
import { Writer } from './writer.js';

/** One resource record. `rdata` is always the uncompressed wire form; `ttl` in seconds, 32 bits. */
export interface RR {
  name: Name;
  type: number;
  class: number;
  ttl: number;
  rdata: Uint8Array;
}

/** All records of one name, type and class (RFC 2181 §5). */
export interface RRset {
  name: Name;
  type: number;
  class: number;
  ttl: number;
  rdatas: readonly Uint8Array[];
}

/**
 * Groups records into RRsets, in order of first appearance; a record given twice is kept once (RFC 2181 §5), and differing TTLs become
 * the lowest (§5.2). RRSIGs are kept apart by the type they cover, because each has the TTL of what it covers (RFC 4035 §2.2): one
 * owner may therefore have several sets of type RRSIG.
 */
export function rrsetsOf(rrs: readonly RR[]): RRset[] {
  const sets = new Map<string, RRset & { rdatas: Uint8Array[] }>();
  for (const rr of rrs) {
    const key = `${rr.type} ${rr.class} ${coveredType(rr)} ${rr.name.key}`;
    const set = sets.get(key);
    if (!set) {
      sets.set(key, { name: rr.name, type: rr.type, class: rr.class, ttl: rr.ttl, rdatas: [rr.rdata] });
      continue;
    }
    set.ttl = Math.min(set.ttl, rr.ttl);
    if (!set.rdatas.some((rdata) => equalOctets(rdata, rr.rdata))) set.rdatas.push(rr.rdata);
  }
  return [...sets.values()];
}

/** The type that an RRSIG covers: the first two octets of its rdata. 0 for other types and for an RRSIG too short. @internal */
export function coveredType(rr: { type: number; rdata: Uint8Array }): number {
  return rr.type === RRType.RRSIG && rr.rdata.length > 1 ? (rr.rdata[0]! << 8) | rr.rdata[1]! : 0;
}

export function rrsOf(set: RRset): RR[] {
  return set.rdatas.map((rdata) => ({ name: set.name, type: set.type, class: set.class, ttl: set.ttl, rdata }));
}

/** Wire form of one record without compression (RFC 1035 §4.1.3). @throws DnsError VALUE_OUT_OF_RANGE for rdata over 65535 octets */
export function writeRR(rr: RR): Uint8Array {
  const { wire } = rr.name;
  if (rr.rdata.length > 0xffff)
    throw new DnsError('VALUE_OUT_OF_RANGE', `rdata of ${rr.rdata.length} octets, over 65535`);
  const to = new Writer(wire.length + 10 + rr.rdata.length);
  to.bytes(wire);
  to.u16(rr.type);
  to.u16(rr.class);
  to.u32(rr.ttl);
  to.u16(rr.rdata.length);
  to.bytes(rr.rdata);
  return to.octets;
}

/** Reads records written by `writeRR`, one after the other. @throws DnsError RDATA_MALFORMED */
export function readRRs(octets: Uint8Array): RR[] {
  const from = new Reader(octets);
  const rrs: RR[] = [];
  while (from.left > 0) {
    const name = from.name();
    const type = from.u16();
    const rrClass = from.u16();
    const ttl = from.u32();
    rrs.push({ name, type, class: rrClass, ttl, rdata: from.take(from.u16()) });
  }
  return rrs;
}
