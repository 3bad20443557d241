import type { Client } from '../answer/responder.js';
import { SipHash } from './sip-hash.js';

/** What a COOKIE option is worth. 0, that there is none, is for the caller to say. */
export const cookie = {
  /** FORMERR (RFC 7873 §5.2.2). */
  malformed: -1,
  none: 0,
  /** A client cookie alone, or with a server cookie that is not ours, too old or from the future: both mean the same. */
  clientOnly: 1,
  /** The client has received an answer of ours at its address within the last hour. */
  good: 2,
} as const;
export type CookieVerdict = (typeof cookie)[keyof typeof cookie];

/** DNS cookies (RFC 7873) with the server cookies that all implementations understand (RFC 9018). Makes no object for a packet. */
export interface Cookies {
  /** `query[at, at + length)` is the data of the option. */
  check(query: Uint8Array, at: number, length: number, client: Client): CookieVerdict;
  /**
   * Writes the whole option (code, length, the client's cookie, ours) for the one that was checked last, whose data lies at `at`.
   * Returns its octets, always `cookieOptionOctets`.
   */
  write(query: Uint8Array, at: number, client: Client, out: Uint8Array, outAt: number): number;
  /** The first signs, all are accepted (RFC 9018 §5). 16 octets each. */
  use(secrets: readonly Uint8Array[]): void;
}

/** Code and length, 8 octets of the client, 16 of ours. */
export const cookieOptionOctets = 28;
const optionCode = 10;
const clientOctets = 8;
const serverOctets = 16;
const version = 1;

/** Seconds, all from RFC 9018 §4.3. */
const oldest = 3_600;
const furthestAhead = 300;
const renewAfter = 1_800;

/**
 * @param secrets 16 octets each; the first signs
 * @param clock milliseconds since 1970
 */
export function createCookies(secrets: readonly Uint8Array[], clock: () => number): Cookies {
  let keys: readonly SipHash[];
  /** Client cookie, version, reserved, timestamp, address of the client (RFC 9018 §4.4). */
  const hashed = new Uint8Array(clientOctets + 8 + 16);
  /** The server cookie that was checked last is young enough to go back as it came. */
  let fresh = false;

  const use = (list: readonly Uint8Array[]) => {
    if (list.length === 0) throw new RangeError('cookies need a secret');
    keys = list.map((secret) => new SipHash(secret));
  };
  use(secrets);

  /** Serial arithmetic (RFC 1982): the 32 bits run over in 2106, and nothing happens. */
  const now = () => (clock() / 1_000) | 0;

  function hashInput(query: Uint8Array, at: number, client: Client): number {
    for (let i = 0; i < clientOctets; i++) hashed[i] = query[at + i]!;
    for (let i = 0; i < client.addressLength; i++)
      hashed[clientOctets + 8 + i] = client.address[client.addressStart + i]!;
    return clientOctets + 8 + client.addressLength;
  }

  function check(query: Uint8Array, at: number, length: number, client: Client): CookieVerdict {
    fresh = false;
    if (length === clientOctets) return cookie.clientOnly;
    if (length < clientOctets + 8 || length > clientOctets + 32) return cookie.malformed;
    const server = at + clientOctets;
    if (length !== clientOctets + serverOctets || query[server] !== version) return cookie.clientOnly;
    const age = (now() - signed(query, server + 4)) | 0;
    if (age > oldest || age < -furthestAhead) return cookie.clientOnly;

    const end = hashInput(query, at, client);
    for (let i = 0; i < 8; i++) hashed[clientOctets + i] = query[server + i]!;
    for (let k = 0; k < keys.length; k++) {
      const key = keys[k]!;
      key.hash(hashed, 0, end);
      if (((littleEndian(query, server + 8) ^ key.low) | (littleEndian(query, server + 12) ^ key.high)) !== 0) continue;
      const reserved = query[server + 1]! | query[server + 2]! | query[server + 3]!;
      fresh = k === 0 && reserved === 0 && age <= renewAfter;
      return cookie.good;
    }
    return cookie.clientOnly;
  }

  function write(query: Uint8Array, at: number, client: Client, out: Uint8Array, outAt: number): number {
    out[outAt] = 0;
    out[outAt + 1] = optionCode;
    out[outAt + 2] = 0;
    out[outAt + 3] = clientOctets + serverOctets;
    const data = outAt + 4;
    if (fresh) {
      for (let i = 0; i < clientOctets + serverOctets; i++) out[data + i] = query[at + i]!;
      return cookieOptionOctets;
    }
    const end = hashInput(query, at, client);
    const seconds = now();
    hashed[8] = version;
    hashed[9] = hashed[10] = hashed[11] = 0;
    hashed[12] = seconds >>> 24;
    hashed[13] = seconds >>> 16;
    hashed[14] = seconds >>> 8;
    hashed[15] = seconds;
    const key = keys[0]!;
    key.hash(hashed, 0, end);
    for (let i = 0; i < 16; i++) out[data + i] = hashed[i]!;
    putLittleEndian(out, data + 16, key.low);
    putLittleEndian(out, data + 20, key.high);
    return cookieOptionOctets;
  }

  return { check, write, use };
}

const signed = (octets: Uint8Array, at: number): number =>
  (octets[at]! << 24) | (octets[at + 1]! << 16) | (octets[at + 2]! << 8) | octets[at + 3]!;

const littleEndian = (octets: Uint8Array, at: number): number =>
  octets[at]! | (octets[at + 1]! << 8) | (octets[at + 2]! << 16) | (octets[at + 3]! << 24);

function putLittleEndian(octets: Uint8Array, at: number, value: number): void {
  octets[at] = value;
  octets[at + 1] = value >>> 8;
  octets[at + 2] = value >>> 16;
  octets[at + 3] = value >>> 24;
}
