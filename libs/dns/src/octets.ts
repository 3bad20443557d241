/** Plain `Uint8Array` over the same memory: `slice` of a Buffer would not copy, and a Buffer does not compare equal to plain octets. */
export function plainOctets(octets: Uint8Array): Uint8Array {
  return octets.constructor === Uint8Array ? octets : new Uint8Array(octets.buffer, octets.byteOffset, octets.length);
}

/** Order of octet strings as RFC 4034 §6.3 sorts rdata: left-justified, unsigned, a prefix first. */
export function compareOctets(a: Uint8Array, b: Uint8Array): number {
  const common = Math.min(a.length, b.length);
  for (let at = 0; at < common; at += 1) {
    const order = a[at]! - b[at]!;
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

export function equalOctets(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && compareOctets(a, b) === 0;
}
