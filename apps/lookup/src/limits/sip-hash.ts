/**
 * SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed hash of 64 bits, whose collisions nobody finds without the key.
 *
 * In halves of 32 bits, which are small integers to the machine: 64-bit integers of JavaScript are objects, and none are made here.
 */
export class SipHash {
  /** The last hash, as two signed halves of its little-endian value. */
  low = 0;
  high = 0;
  private readonly k0l: number;
  private readonly k0h: number;
  private readonly k1l: number;
  private readonly k1h: number;

  /**
   * @param key 16 octets
   * @param rounds for each block, and at the end: 1 and 3 are enough where nobody sees the hash (as in hash tables of Rust and Python)
   */
  constructor(
    key: Uint8Array,
    private readonly rounds: readonly [number, number] = [2, 4],
  ) {
    if (key.length !== 16) throw new RangeError(`a key of SipHash has 16 octets, not ${key.length}`);
    this.k0l = word(key, 0);
    this.k0h = word(key, 4);
    this.k1l = word(key, 8);
    this.k1h = word(key, 12);
  }

  /** Hashes `octets[start, end)` into `low` and `high`. */
  hash(octets: Uint8Array, start: number, end: number): void {
    let v0l = this.k0l ^ 0x70736575;
    let v0h = this.k0h ^ 0x736f6d65;
    let v1l = this.k1l ^ 0x6e646f6d;
    let v1h = this.k1h ^ 0x646f7261;
    let v2l = this.k0l ^ 0x6e657261;
    let v2h = this.k0h ^ 0x6c796765;
    let v3l = this.k1l ^ 0x79746573;
    let v3h = this.k1h ^ 0x74656462;

    const [perBlock, last] = this.rounds;
    const wholeBlocks = (end - start) >>> 3;
    // One block more for what is left over and the length, and one turn more that finishes.
    for (let block = 0; block <= wholeBlocks + 1; block++) {
      let ml = 0;
      let mh = 0;
      let rounds = perBlock;
      const at = start + block * 8;
      if (block < wholeBlocks) {
        ml = word(octets, at);
        mh = word(octets, at + 4);
      } else if (block === wholeBlocks) {
        for (let i = at; i < end; i++) {
          if (i - at < 4) ml |= octets[i]! << ((i - at) * 8);
          else mh |= octets[i]! << ((i - at - 4) * 8);
        }
        mh |= (end - start) << 24;
      } else {
        v2l ^= 0xff;
        rounds = last;
      }
      v3l ^= ml;
      v3h ^= mh;
      for (; rounds > 0; rounds--) {
        let l = 0;
        // v0 += v1, v1 <<<= 13, v1 ^= v0, v0 <<<= 32
        l = (v0l + v1l) | 0;
        v0h = (v0h + v1h + carry(l, v1l)) | 0;
        v0l = l;
        l = (v1l << 13) | (v1h >>> 19);
        v1h = ((v1h << 13) | (v1l >>> 19)) ^ v0h;
        v1l = l ^ v0l;
        l = v0l;
        v0l = v0h;
        v0h = l;
        // v2 += v3, v3 <<<= 16, v3 ^= v2
        l = (v2l + v3l) | 0;
        v2h = (v2h + v3h + carry(l, v3l)) | 0;
        v2l = l;
        l = (v3l << 16) | (v3h >>> 16);
        v3h = ((v3h << 16) | (v3l >>> 16)) ^ v2h;
        v3l = l ^ v2l;
        // v0 += v3, v3 <<<= 21, v3 ^= v0
        l = (v0l + v3l) | 0;
        v0h = (v0h + v3h + carry(l, v3l)) | 0;
        v0l = l;
        l = (v3l << 21) | (v3h >>> 11);
        v3h = ((v3h << 21) | (v3l >>> 11)) ^ v0h;
        v3l = l ^ v0l;
        // v2 += v1, v1 <<<= 17, v1 ^= v2, v2 <<<= 32
        l = (v2l + v1l) | 0;
        v2h = (v2h + v1h + carry(l, v1l)) | 0;
        v2l = l;
        l = (v1l << 17) | (v1h >>> 15);
        v1h = ((v1h << 17) | (v1l >>> 15)) ^ v2h;
        v1l = l ^ v2l;
        l = v2l;
        v2l = v2h;
        v2h = l;
      }
      v0l ^= ml;
      v0h ^= mh;
    }
    this.low = v0l ^ v1l ^ v2l ^ v3l;
    this.high = v0h ^ v1h ^ v2h ^ v3h;
  }
}

/** What a sum of low halves hands on to the high ones: it is less than either summand when it went past 32 bits. */
const carry = (sum: number, summand: number): number => (sum >>> 0 < summand >>> 0 ? 1 : 0);

const word = (octets: Uint8Array, at: number): number =>
  octets[at]! | (octets[at + 1]! << 8) | (octets[at + 2]! << 16) | (octets[at + 3]! << 24);
