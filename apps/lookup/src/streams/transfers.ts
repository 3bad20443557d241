import type { Client } from '../answer/responder.js';

/** What a stream is besides its address, for those who decide on transfers (RFC 9103 §8). */
export interface StreamSession {
  /** False in clear. */
  readonly encrypted: boolean;
  /** As Node says it, such as `TLSv1.3`. */
  readonly tlsVersion?: string;
  /** Ends when the connection does. */
  readonly signal: AbortSignal;
}

/**
 * Answers what is not answered by one message made at once: AXFR, IXFR, NOTIFY, anything signed with TSIG. Undefined: not mine, answer it
 * as any query. The query is of this call alone and must be copied to be kept. Each message comes without its length.
 */
export type Transfer = (
  query: Uint8Array,
  client: Client,
  session: StreamSession,
) => AsyncIterable<Uint8Array> | undefined;

const opcodeQuery = 0;
const typeIxfr = 251;
const typeAxfr = 252;

/**
 * Whether `Transfer` might want `octets[start, end)`. Looks only as far as the type of the question and at how many records follow, since
 * almost every query on a stream is an ordinary one: another opcode, a transfer, or records behind the question that are not just an OPT.
 */
export function mayBeTransfer(octets: Uint8Array, start: number, end: number): boolean {
  if (((octets[start + 2]! >> 3) & 0x0f) !== opcodeQuery) return true;
  if (octets[start + 4] !== 0 || octets[start + 5] !== 1) return false;
  let at = start + 12;
  while (at < end && octets[at] !== 0) {
    if (octets[at]! > 63) return false; // no name of a question is compressed; the responder will say FORMERR
    at += octets[at]! + 1;
  }
  if (at + 5 > end) return false;
  const type = (octets[at + 1]! << 8) | octets[at + 2]!;
  if (type === typeIxfr || type === typeAxfr) return true;
  const additional = (octets[start + 10]! << 8) | octets[start + 11]!;
  // An OPT record has the root as its owner (RFC 6891 §6.1.2), the name of a key is never the root.
  return additional > 1 || (additional === 1 && octets[at + 5] !== 0);
}
