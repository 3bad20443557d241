/**
 * Inception and expiration are 32-bit seconds that wrap in 2106 and are compared with serial number arithmetic
 * (RFC 4034 §3.1.5, RFC 1982 §3.2): only differences below 2^31 mean anything.
 * @returns negative when `a` is before `b`, 0 when equal, positive when after; seconds
 */
export function compareTimes(a: number, b: number): number {
  return ((a >>> 0) - (b >>> 0)) | 0;
}

/** Unix seconds (any size, fractions dropped) as an RRSIG writes them. */
export function wrapTime(unixSeconds: number): number {
  // Not `>>> 0` on the raw number: it is exact only below 2^53, and so is this, but a fraction must go first.
  return Math.floor(unixSeconds) % 0x1_0000_0000;
}
