import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SipHash } from './sip-hash.js';

const key = Uint8Array.from({ length: 16 }, (_, i) => i);
const counting = (length: number) => Uint8Array.from({ length }, (_, i) => i);

function hashOf(secret: Uint8Array, octets: Uint8Array, start = 0, end = octets.length): string {
  const sip = new SipHash(secret);
  sip.hash(octets, start, end);
  const out = Buffer.alloc(8);
  out.writeInt32LE(sip.low, 0);
  out.writeInt32LE(sip.high, 4);
  return out.toString('hex');
}

/** The algorithm as the paper has it, in 64-bit integers. */
function onPaper(secret: Uint8Array, octets: Uint8Array): string {
  const k = Buffer.from(secret);
  const v = [0x736f6d6570736575n, 0x646f72616e646f6dn, 0x6c7967656e657261n, 0x7465646279746573n].map(
    (constant, i) => constant ^ k.readBigUInt64LE((i % 2) * 8),
  ) as [bigint, bigint, bigint, bigint];
  const rotate = (x: bigint, by: bigint) => BigInt.asUintN(64, (x << by) | (x >> (64n - by)));
  const add = (a: bigint, b: bigint) => BigInt.asUintN(64, a + b);
  const rounds = (count: number) => {
    for (; count > 0; count--) {
      v[0] = add(v[0], v[1]);
      v[2] = add(v[2], v[3]);
      v[1] = rotate(v[1], 13n) ^ v[0];
      v[3] = rotate(v[3], 16n) ^ v[2];
      v[0] = rotate(v[0], 32n);
      v[2] = add(v[2], v[1]);
      v[0] = add(v[0], v[3]);
      v[1] = rotate(v[1], 17n) ^ v[2];
      v[3] = rotate(v[3], 21n) ^ v[0];
      v[2] = rotate(v[2], 32n);
    }
  };
  const padded = Buffer.alloc(Math.floor(octets.length / 8) * 8 + 8);
  padded.set(octets);
  padded[padded.length - 1] = octets.length & 0xff;
  for (let at = 0; at < padded.length; at += 8) {
    const block = padded.readBigUInt64LE(at);
    v[3] ^= block;
    rounds(2);
    v[0] ^= block;
  }
  v[2] ^= 0xffn;
  rounds(4);
  const out = Buffer.alloc(8);
  out.writeBigUInt64LE(v[0] ^ v[1] ^ v[2] ^ v[3]);
  return out.toString('hex');
}

describe('SipHash-2-4', () => {
  it('gives what the paper gives for fifteen octets (appendix A)', () => {
    expect(hashOf(key, counting(15))).toBe(Buffer.from('a129ca6149be45e5', 'hex').reverse().toString('hex'));
  });

  it('gives the first vectors of the reference implementation', () => {
    expect([0, 1, 2, 3].map((length) => hashOf(key, counting(length)))).toEqual([
      '310e0edd47db6f72',
      'fd67dc93c539f874',
      '5a4fa9d909806c0d',
      '2d7efbd796666785',
    ]);
  });

  it('is the same as in 64-bit integers, for any key and any octets, wherever they lie', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 16, maxLength: 16 }),
        fc.uint8Array({ maxLength: 300 }),
        fc.nat(9),
        (secret, octets, before) => {
          const within = new Uint8Array(before + octets.length + 5).fill(0xa5);
          within.set(octets, before);
          expect(hashOf(secret, within, before, before + octets.length)).toBe(onPaper(secret, octets));
        },
      ),
    );
  });

  it('takes no key but one of 16 octets', () => {
    expect(() => new SipHash(new Uint8Array(15))).toThrow(RangeError);
  });
});
