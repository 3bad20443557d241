import { DnsError } from './errors.js';
import type { Reader } from './reader.js';
import { RRType } from './type-codes.js';
import type { Writer } from './writer.js';

export interface EdnsOption {
  code: number;
  data: Uint8Array;
}

/** What the OPT pseudo-record says (RFC 6891). Flags that have no meaning yet are dropped when read and zero when written (§6.1.4). */
export interface Edns {
  udpSize: number;
  version: number;
  /** DO: DNSSEC answers are wanted (RFC 3225). */
  dnssecOk: boolean;
  /** CO: NXDOMAIN may come as compact denial with its rcode kept (RFC 9824 §4.1). */
  compactOk: boolean;
  options: readonly EdnsOption[];
}

/** IANA "DNS EDNS0 Option Codes". */
export const EdnsOptionCode = {
  NSID: 3,
  CLIENT_SUBNET: 8,
  EXPIRE: 9,
  COOKIE: 10,
  TCP_KEEPALIVE: 11,
  PADDING: 12,
  CHAIN: 13,
  EXTENDED_ERROR: 15,
} as const;

const DNSSEC_OK = 0x8000;
const COMPACT_OK = 0x4000;

/** Reads an OPT record after its type, with the upper eight bits of the rcode. */
export function readOpt(from: Reader): { edns: Edns; extendedRcode: number } {
  const udpSize = from.u16();
  const extendedRcode = from.u8();
  const version = from.u8();
  const flags = from.u16();
  const end = from.u16() + from.at;
  if (end > from.end) throw new DnsError('MESSAGE_OPT_INVALID', 'OPT runs over the end of the message');
  const options: EdnsOption[] = [];
  while (from.at < end) {
    if (end - from.at < 4) throw new DnsError('MESSAGE_OPT_INVALID', 'an EDNS option has no room for its header');
    const code = from.u16();
    const length = from.u16();
    if (length > end - from.at) throw new DnsError('MESSAGE_OPT_INVALID', 'an EDNS option is longer than its OPT');
    options.push({ code, data: from.take(length) });
  }
  const edns = {
    udpSize,
    version,
    dnssecOk: (flags & DNSSEC_OK) !== 0,
    compactOk: (flags & COMPACT_OK) !== 0,
    options,
  };
  return { edns, extendedRcode };
}

/** Octets that `writeOpt` will write. */
export function optSize(edns: Edns): number {
  let size = 11;
  for (const { data } of edns.options) size += 4 + data.length;
  return size;
}

/** @param rcode 12 bits, of which the upper eight are written here. */
export function writeOpt(to: Writer, edns: Edns, rcode: number): void {
  to.u8(0);
  to.u16(RRType.OPT);
  to.u16(edns.udpSize);
  to.u8(rcode >> 4);
  to.u8(edns.version);
  to.u16((edns.dnssecOk ? DNSSEC_OK : 0) | (edns.compactOk ? COMPACT_OK : 0));
  to.u16(optSize(edns) - 11);
  for (const { code, data } of edns.options) {
    to.u16(code);
    to.u16(data.length);
    to.bytes(data);
  }
}
