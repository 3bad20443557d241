import { powerModulo } from './integers.js';

/**
 * Whether public points are what they have to be. Public values only, so that nothing here needs constant time; in plain integers, because
 * neither node:crypto nor WebCrypto refuses all of these points.
 */

/** P-256, SEC 2 §2.4.2. */
const p256 = {
  p: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
  b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
};

/** y² = x³ − 3x + b. All points but infinity, which has no encoding here, have the full prime order. */
export function isOnP256(x: bigint, y: bigint): boolean {
  const { p, b } = p256;
  return x < p && y < p && (y * y - (x * x * x - 3n * x + b)) % p === 0n;
}

/** 2^255 − 19, RFC 7748 §4.1. */
export const fieldSize25519 = 2n ** 255n - 19n;
const p = fieldSize25519;
/** −121665/121666, RFC 8032 §5.1. */
const d = ((p - 121665n) * powerModulo(121666n, p - 2n, p)) % p;

/** RFC 8032 §5.1.3: x² = (y² − 1)/(dy² + 1) has to have a root, and a root of zero has no sign. The divisor is never zero. */
export function isPointOfEd25519(y: bigint, sign: number): boolean {
  const numerator = (y * y - 1n + p) % p;
  if (numerator === 0n) return sign === 0;
  return powerModulo(numerator * (d * y * y + 1n), (p - 1n) / 2n, p) === 1n;
}

/** Orders 1, 2 and 4 have y = 1, −1 and 0; a point of order 8 is one whose double has y = 0: dy⁴ + 2y² = 1. */
export function isSmallOrderOfEd25519(y: bigint): boolean {
  const square = (y * y) % p;
  return y === 0n || y === 1n || y === p - 1n || (d * square * square + 2n * square - 1n) % p === 0n;
}

/** Orders 2 and 4, on the curve or its twist, have u = 0, 1 and −1; a point of order 8 is one whose double has u = 1 (RFC 7748 §4.1). */
export function isSmallOrderOfX25519(u: bigint): boolean {
  if (u === 0n || u === 1n || u === p - 1n) return true;
  const square = u * u;
  return ((square - 1n) ** 2n - 4n * u * (square + 486662n * u + 1n)) % p === 0n;
}
