import { isIP } from 'node:net';
import { socketName, type SocketAddress } from './system-calls.js';

/** A `struct sockaddr_in` or `sockaddr_in6`. */
export function socketNameOf({ host, port }: SocketAddress): Uint8Array {
  const layout = isIP(host) === 6 ? socketName.ipv6 : socketName.ipv4;
  const octets = new Uint8Array(layout.size);
  const view = new DataView(octets.buffer);
  view.setUint16(0, layout.family, true);
  view.setUint16(2, port);
  addressInto(host, octets, layout.address);
  return octets;
}

/**
 * Writes an IP address in network order and returns its octets; an IPv4-mapped IPv6 address is written as IPv4. A zone (`fe80::1%eth0`) is
 * left out. Makes no array, since it is done for every packet of Node's own sockets.
 */
export function addressInto(text: string, into: Uint8Array, at: number): 4 | 16 {
  if (!text.includes(':')) return ipv4Into(text, 0, text.length, into, at);
  const end = text.includes('%') ? text.indexOf('%') : text.length;
  into.fill(0, at, at + 16);
  let to = at;
  let gap = -1;
  let from = 0;
  while (from < end) {
    if (text.charCodeAt(from) === colon) {
      // The first of two; the one that ends a group was passed with the group.
      gap = to;
      from += text.charCodeAt(from + 1) === colon ? 2 : 1;
      continue;
    }
    let stop = from;
    while (stop < end && text.charCodeAt(stop) !== colon) stop += 1;
    if (text.slice(from, stop).includes('.')) {
      ipv4Into(text, from, stop, into, to);
      to += 4;
    } else {
      const group = Number.parseInt(text.slice(from, stop), 16);
      into[to] = group >> 8;
      into[to + 1] = group & 0xff;
      to += 2;
    }
    from = stop + 1;
  }
  if (gap >= 0) {
    const moved = to - gap;
    into.copyWithin(at + 16 - moved, gap, to);
    into.fill(0, gap, at + 16 - moved);
  }
  return mapped(into, at) ? 4 : 16;
}

const colon = 0x3a;

function ipv4Into(text: string, from: number, to: number, into: Uint8Array, at: number): 4 {
  let value = 0;
  for (let n = from; n <= to; n += 1) {
    const code = n === to ? 0x2e : text.charCodeAt(n);
    if (code !== 0x2e) {
      value = value * 10 + code - 0x30;
      continue;
    }
    into[at++] = value;
    value = 0;
  }
  return 4;
}

/** RFC 4291 §2.5.5.2: ten octets of nothing, two of ones. The IPv4 address is moved to the front. */
function mapped(octets: Uint8Array, at: number): boolean {
  for (let n = 0; n < 10; n += 1) if (octets[at + n] !== 0) return false;
  if (octets[at + 10] !== 0xff || octets[at + 11] !== 0xff) return false;
  octets.copyWithin(at, at + 12, at + 16);
  return true;
}
