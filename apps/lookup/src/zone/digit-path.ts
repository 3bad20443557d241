/**
 * The labels of a number below a suffix, as in `3.2.1.e164`: one digit each, the first digit next to the suffix. A number is kept as 16 nibbles in
 * two words, first digit in the highest; a nibble is the digit and one, so that 0 ends a number and 12 is not 120.
 */
export const mostDigits = 16;

/** One digit path; filled anew by each call. */
export class DigitPath {
  digits = 0;
  /** Where the suffix begins. */
  suffix = 0;
  /** In an array, since larger numbers as fields are objects. */
  private readonly words = new Uint32Array(2);

  get hi(): number {
    return this.words[0];
  }

  get lo(): number {
    return this.words[1];
  }

  /** Reads the run of digits that the name begins with, which ends at the latest at `end`. False where it has none, or more than fit. */
  read(name: Uint8Array, start: number, end: number): boolean {
    let at = start;
    let hi = 0;
    let lo = 0;
    let digits = 0;
    while (at < end && name[at] === 1 && name[at + 1] >= 0x30 && name[at + 1] <= 0x39) {
      if (digits === mostDigits) return false;
      // The label read last is the first digit: what was read moves to the right.
      lo = (lo >>> 4) | (hi << 28);
      hi = (hi >>> 4) | ((name[at + 1] - 0x2f) << 28);
      digits += 1;
      at += 2;
    }
    this.words[0] = hi;
    this.words[1] = lo;
    this.digits = digits;
    this.suffix = at;
    return digits > 0;
  }
}

/** Whether the number begins with the first `digits` nibbles, at least one, of `hi`, `lo`; words with or without sign. */
export function beginsWith(numberHi: number, numberLo: number, hi: number, lo: number, digits: number): boolean {
  const hiDiffers = numberHi ^ hi;
  const loDiffers = numberLo ^ lo;
  if (digits <= 8) return hiDiffers >>> (32 - 4 * digits) === 0;
  return hiDiffers === 0 && (digits === 16 ? loDiffers === 0 : loDiffers >>> (64 - 4 * digits) === 0);
}
