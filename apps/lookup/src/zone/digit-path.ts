/**
 * The labels of a number below a suffix, as in `3.2.1.e164`: one digit each, the first digit next to the suffix. A number is kept as 16 nibbles in
 * two words, first digit in the highest; a nibble is the digit and one, so that 0 ends a number and 12 is not 120.
 */
export const mostDigits = 16;

/** One digit path; filled anew by each call. */
export class DigitPath {
  hi = 0;
  lo = 0;
  digits = 0;
  /** Where the suffix begins. */
  suffix = 0;

  /** Reads the run of digits that the name begins with, which ends at the latest at `end`. False where it has none, or more than fit. */
  read(name: Uint8Array, start: number, end: number): boolean {
    let at = start;
    let [hi, lo, digits] = [0, 0, 0];
    while (at < end && name[at] === 1 && name[at + 1] >= 0x30 && name[at + 1] <= 0x39) {
      if (digits === mostDigits) return false;
      // The label read last is the first digit: what was read moves to the right.
      lo = ((lo >>> 4) | (hi << 28)) >>> 0;
      hi = (hi >>> 4) | ((name[at + 1] - 0x2f) << 28);
      digits += 1;
      at += 2;
    }
    this.hi = hi >>> 0;
    this.lo = lo;
    this.digits = digits;
    this.suffix = at;
    return digits > 0;
  }
}

/** Whether the number begins with the first `digits` nibbles of `hi`, `lo`. */
export function beginsWith(numberHi: number, numberLo: number, hi: number, lo: number, digits: number): boolean {
  if (digits <= 8) return digits === 8 ? numberHi === hi : (numberHi ^ hi) >>> (32 - 4 * digits) === 0;
  return numberHi === hi && (digits === 16 ? numberLo === lo : (numberLo ^ lo) >>> (64 - 4 * digits) === 0);
}
