import type { Carrier, Client } from '../answer/responder.js';

/** The other end of a connection, for as long as it stands. */
export function clientAt(address: string, carrier: Carrier): Client {
  const octets = addressOctets(address);
  return { carrier, address: octets, addressStart: 0, addressLength: octets.length as 4 | 16 };
}

/**
 * An address as the system writes it, in network order: 4 octets, or 16. IPv4 that came in by a socket of both families
 * (`::ffff:192.0.2.1`) is IPv4. A socket that was closed meanwhile has none; it is nobody, and reads no answer.
 */
export function addressOctets(text: string): Uint8Array {
  const plain = text.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  if (!plain.includes(':')) {
    const octets = plain.split('.').map(Number);
    return octets.length === 4 ? Uint8Array.from(octets) : new Uint8Array(4);
  }
  const [before = '', after] = plain.split('::');
  const head = groups(before);
  const tail = after === undefined ? [] : groups(after);
  const octets = new Uint8Array(16);
  octets.set(head.slice(0, 16));
  octets.set(tail, Math.max(0, 16 - tail.length));
  return octets;
}

const groups = (text: string): number[] =>
  text === ''
    ? []
    : text.split(':').flatMap((group) => {
        const value = Number.parseInt(group, 16);
        return [value >> 8, value & 0xff];
      });
