/** Numbers (see digit-path.ts) as they come, in any order, eight octets each. */
export class NumberList {
  private numbers = new BigUint64Array(64);
  private words = new Uint32Array(this.numbers.buffer);
  private count = 0;

  add(hi: number, lo: number): void {
    if (this.count === this.numbers.length) {
      const larger = new BigUint64Array(this.count * 2);
      larger.set(this.numbers);
      this.numbers = larger;
      this.words = new Uint32Array(larger.buffer);
    }
    this.words[this.count * 2 + 1] = hi;
    this.words[this.count * 2] = lo;
    this.count += 1;
  }

  sorted(): BigUint64Array {
    return this.numbers.subarray(0, this.count).sort();
  }
}
