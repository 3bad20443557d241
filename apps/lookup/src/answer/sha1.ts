/**
 * SHA-1 (RFC 3174) of short inputs, the only hash of NSEC3. Nothing is made for a hash, and names are so short that calling out would take longer. Not for
 * secrets, nor for anything that somebody might want to forge.
 */
export class Sha1 {
  private readonly words = new Int32Array(80);
  private readonly block = new Uint8Array(64);
  private h0 = 0;
  private h1 = 0;
  private h2 = 0;
  private h3 = 0;
  private h4 = 0;

  /** Writes the 20 octets of the hash of `input[0, length)`. */
  hash(input: Uint8Array, length: number, into: Uint8Array): void {
    this.h0 = 0x67452301;
    this.h1 = 0xefcdab89 | 0;
    this.h2 = 0x98badcfe | 0;
    this.h3 = 0x10325476;
    this.h4 = 0xc3d2e1f0 | 0;
    let at = 0;
    for (; at + 64 <= length; at += 64) this.take(input, at);
    const { block } = this;
    const left = length - at;
    block.fill(0);
    for (let index = 0; index < left; index += 1) block[index] = input[at + index]!;
    block[left] = 0x80;
    if (left >= 56) {
      this.take(block, 0);
      block.fill(0);
    }
    const bits = length * 8;
    block[60] = bits >>> 24;
    block[61] = bits >>> 16;
    block[62] = bits >>> 8;
    block[63] = bits;
    this.take(block, 0);
    putWord(into, 0, this.h0);
    putWord(into, 4, this.h1);
    putWord(into, 8, this.h2);
    putWord(into, 12, this.h3);
    putWord(into, 16, this.h4);
  }

  private take(octets: Uint8Array, at: number): void {
    const { words } = this;
    for (let t = 0; t < 16; t += 1) {
      const from = at + t * 4;
      words[t] = (octets[from]! << 24) | (octets[from + 1]! << 16) | (octets[from + 2]! << 8) | octets[from + 3]!;
    }
    for (let t = 16; t < 80; t += 1) {
      const word = words[t - 3]! ^ words[t - 8]! ^ words[t - 14]! ^ words[t - 16]!;
      words[t] = (word << 1) | (word >>> 31);
    }
    let [a, b, c, d, e] = [this.h0, this.h1, this.h2, this.h3, this.h4];
    for (let t = 0; t < 80; t += 1) {
      let mixed: number;
      if (t < 20) mixed = ((b & c) | (~b & d)) + 0x5a827999;
      else if (t < 40) mixed = (b ^ c ^ d) + 0x6ed9eba1;
      else if (t < 60) mixed = ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
      else mixed = (b ^ c ^ d) + 0xca62c1d6;
      const next = (((a << 5) | (a >>> 27)) + mixed + e + words[t]!) | 0;
      e = d;
      d = c;
      c = (b << 30) | (b >>> 2);
      b = a;
      a = next;
    }
    this.h0 = (this.h0 + a) | 0;
    this.h1 = (this.h1 + b) | 0;
    this.h2 = (this.h2 + c) | 0;
    this.h3 = (this.h3 + d) | 0;
    this.h4 = (this.h4 + e) | 0;
  }
}

function putWord(octets: Uint8Array, at: number, word: number): void {
  octets[at] = word >>> 24;
  octets[at + 1] = word >>> 16;
  octets[at + 2] = word >>> 8;
  octets[at + 3] = word;
}
