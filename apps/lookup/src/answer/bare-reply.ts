import { headerOctets } from './query.js';

export const responseBit = 0x80;

/** Writes a header and nothing else: id, opcode and RD of the query, QR, the response code (RFC 1035 §4.1.1). @returns its octets */
export function putBareReply(
  query: Uint8Array,
  start: number,
  out: Uint8Array,
  outStart: number,
  rcode: number,
): number {
  out[outStart] = query[start]!;
  out[outStart + 1] = query[start + 1]!;
  out[outStart + 2] = responseBit | (query[start + 2]! & 0x79);
  out[outStart + 3] = rcode;
  out.fill(0, outStart + 4, outStart + headerOctets);
  return headerOctets;
}
