/** An integer of big-endian octets. */
export const integerOf = (octets: Uint8Array): bigint => BigInt(`0x0${Buffer.from(octets).toString('hex')}`);

/** An integer of little-endian octets. */
export const littleEndianOf = (octets: Uint8Array): bigint => integerOf(Uint8Array.from(octets).reverse());

export function powerModulo(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  let square = base % modulus;
  for (let bits = exponent; bits > 0n; bits >>= 1n) {
    if (bits & 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}
