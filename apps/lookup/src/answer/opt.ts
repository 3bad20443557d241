import { cookieOptionOctets, type Cookies } from '../limits/cookies.js';
import { ednsFlag, option } from './edns-query.js';
import type { Query } from './query.js';
import type { Reply } from './reply.js';
import type { Carrier, Client } from './responder.js';

/** The UDP payload size that we offer, RFC 6891 §6.2.5 and DNS flag day 2020. */
const ourUdpSize = 1_232;

/** RFC 8467 §4.1 */
const paddedTo = 468;

/** What names this server may not take more of an answer than this (RFC 5001 has no limit). */
export const mostNsidOctets = 128;

const errorOctets = 6;
const keepaliveOctets = 6;
const headOctets = 11;

export interface OptDeps {
  readonly cookies: Cookies | undefined;
  readonly nsid: Uint8Array;
  /** Time that a connection may idle, in units of 100 ms (RFC 7828 §3.1); 0: it is not said. */
  readonly keepalive: number;
}

/** The OPT record of answers (RFC 6891), last of all records. One serves a thread. */
export class Opt {
  constructor(private readonly deps: OptDeps) {}

  /** Octets that have to be kept free for it, without those of an extended error, which only answers without records have. */
  octets(query: Query, carrier: Carrier): number {
    const { edns } = query;
    if (!edns.present) return 0;
    let octets = headOctets;
    if (edns.wantsNsid && this.deps.nsid.length > 0) octets += 4 + this.deps.nsid.length;
    if (this.sendsCookie(query)) octets += cookieOptionOctets;
    if (this.sendsKeepalive(query, carrier)) octets += keepaliveOctets;
    return octets;
  }

  put(query: Query, reply: Reply, client: Client): void {
    const { edns } = query;
    const { octets, end, at: start } = reply;
    const { nsid, keepalive, cookies } = this.deps;
    octets[start] = 0;
    octets[start + 1] = 0;
    octets[start + 2] = 41;
    octets[start + 3] = ourUdpSize >> 8;
    octets[start + 4] = ourUdpSize & 0xff;
    octets[start + 5] = reply.rcode >> 4;
    octets[start + 6] = 0;
    octets[start + 7] = ((edns.dnssecOk ? ednsFlag.dnssecOk : 0) | (edns.compactOk ? ednsFlag.compactOk : 0)) >> 8;
    octets[start + 8] = 0;
    reply.at = start + headOctets;
    if (edns.wantsNsid && nsid.length > 0) {
      reply.u16(option.nsid);
      reply.u16(nsid.length);
      reply.copy(nsid, 0, nsid.length);
    }
    if (this.sendsCookie(query)) reply.at += cookies!.write(query.octets, edns.cookieAt, client, octets, reply.at);
    if (this.sendsKeepalive(query, client.carrier)) {
      reply.u16(option.keepalive);
      reply.u16(2);
      reply.u16(keepalive);
    }
    if (reply.error >= 0 && reply.at + errorOctets <= end) {
      reply.u16(option.extendedError);
      reply.u16(2);
      reply.u16(reply.error);
    }
    if (client.carrier === 'tls' || client.carrier === 'https') pad(reply, end);
    const rdata = reply.at - start - headOctets;
    octets[start + 9] = rdata >> 8;
    octets[start + 10] = rdata;
    reply.additionals += 1;
  }

  private sendsCookie({ edns }: Query): boolean {
    return this.deps.cookies !== undefined && edns.cookieOctets >= 0 && !edns.cookieMalformed;
  }

  private sendsKeepalive({ edns }: Query, carrier: Carrier): boolean {
    return edns.keepaliveOctets >= 0 && this.deps.keepalive > 0 && (carrier === 'tcp' || carrier === 'tls');
  }
}

/** To a multiple of the block, so that who only sees how much is sent does not see what (RFC 7830, RFC 8467). */
function pad(reply: Reply, end: number): void {
  const length = reply.at + 4 - reply.start;
  const padded = Math.min(Math.ceil(length / paddedTo) * paddedTo, end - reply.start);
  if (padded < length) return;
  reply.u16(option.padding);
  reply.u16(padded - length);
  reply.octets.fill(0, reply.at, reply.start + padded);
  reply.at = reply.start + padded;
}
