import { DnsError } from './errors.js';

const HALF = 2 ** 31;

/**
 * Order of SOA serials (RFC 1982 §3.2): negative when `a` comes before `b`, positive when after, 0 when equal.
 * For serials exactly 2³¹ apart the RFC defines no order: NaN, with which every comparison is false.
 */
export function serialCompare(a: number, b: number): number {
  const distance = (a - b) >>> 0;
  if (distance === 0) return 0;
  if (distance === HALF) return Number.NaN;
  return distance < HALF ? 1 : -1;
}

/** Serial `n` steps after `serial` (RFC 1982 §3.1). @param n 0 to 2³¹ − 1 @throws DnsError VALUE_OUT_OF_RANGE */
export function serialAdd(serial: number, n: number): number {
  if (!Number.isInteger(n) || n < 0 || n >= HALF) {
    throw new DnsError('VALUE_OUT_OF_RANGE', `a serial can be moved by 0 to 2^31 - 1, not by ${n}`);
  }
  return (serial + n) >>> 0;
}
