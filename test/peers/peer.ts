import type { Address } from '../judges.js';

/** Other people's authoritative servers. The last two sign denials when they are asked (and know the zone unsigned). */
export const peerNames = ['nsd', 'knot', 'bind', 'powerdns', 'knot-onlinesign', 'powerdns-livesign'] as const;
export type PeerName = (typeof peerNames)[number];

/** RFC 8945. The secret is base64. */
export interface TransferKey {
  readonly name: string;
  readonly algorithm: 'hmac-sha256' | 'hmac-sha512';
  readonly secret: string;
}

/** Where a secondary gets its zone from. */
export interface Primary extends Address {
  readonly key?: TransferKey;
  /** RFC 9103: the name in the primary's certificate, and who signed that. NSD and BIND only. */
  readonly tls?: { readonly name: string; readonly caFile: string };
}

/**
 * A zone that the peer reads from a file. PowerDNS has to be told what the others see: `signed`, that there are signatures in the file,
 * and `nsec3`, the parameters of its chain in presentation form (`1 0 0 -`).
 */
export interface PrimaryZone {
  /** With its final dot. */
  readonly apex: string;
  readonly file: string;
  readonly signed?: boolean;
  readonly nsec3?: string;
}

/** A zone that the peer transfers; it listens to NOTIFY from `notifyFrom`, with that key where one is given. */
export interface SecondaryZone {
  readonly apex: string;
  readonly primaries: readonly Primary[];
  readonly notifyFrom?: { readonly host: string; readonly key?: TransferKey };
}

export interface PeerOptions {
  /** Of the peer's own, for its configuration, state and log. Short: sockets of some peers lie in it (at most ~80 characters). */
  readonly dir: string;
  readonly zones?: readonly PrimaryZone[];
  readonly secondaries?: readonly SecondaryZone[];
  /** On 127.0.0.1; a free one unless given. */
  readonly port?: number;
  /** Threads or processes that answer. Default 1. */
  readonly threads?: number;
  /** RFC 7858, where the peer has it: NSD and BIND. */
  readonly tls?: { readonly port: number; readonly certificateFile: string; readonly keyFile: string };
  /** RFC 8484 at /dns-query over TLS: BIND. Needs `tls`. */
  readonly httpsPort?: number;
  /** Further lines of the peer's main section, in its own language. */
  readonly extra?: readonly string[];
  readonly readyWithinMs?: number;
}

/** A running peer. */
export interface Peer extends Address {
  readonly name: PeerName;
  /** As the program itself says it: `4.6.1`. */
  readonly version: string;
  /** The program and all its children now: whose CPU time is the peer's. */
  pids(): number[];
  /** Its whole log so far. */
  log(): string;
  stop(): Promise<void>;
}
