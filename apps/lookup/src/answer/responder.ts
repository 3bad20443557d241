/** How a packet came. The closed set of them labels metrics. */
export type Carrier = 'udp' | 'tcp' | 'tls' | 'https';

/** Who asks, for as long as the packet is being answered; reused for the next. The address is never kept as such. */
export interface Client {
  carrier: Carrier;
  /** The address in network order lies at `addressStart`; an IPv4-mapped IPv6 address is given as IPv4. */
  address: Uint8Array;
  addressStart: number;
  addressLength: 4 | 16;
}

/** Turns packets into answers on one thread. No logger, and no object made for a packet that the zone holds the answer to. */
export interface Responder {
  /**
   * Writes the answer to `query[start, end)` to `out[outStart…]` and returns its octets; 0: say nothing. Never throws: a fault of
   * ours is SERVFAIL. `out` has room for 65,535 octets, over UDP for `udpLimit`.
   */
  respond(query: Uint8Array, start: number, end: number, out: Uint8Array, outStart: number, client: Client): number;
}
