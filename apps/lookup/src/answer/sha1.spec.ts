import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { Sha1 } from './sha1.js';

it('SHA-1 is that of others, for inputs of every length that a name and its salt can have', () => {
  const sha1 = new Sha1();
  const into = new Uint8Array(20);
  for (let length = 0; length <= 520; length += 1) {
    const input = Uint8Array.from({ length }, (_, index) => (index * 7 + length * 13) & 255);
    sha1.hash(input, length, into);
    expect(Buffer.from(into).toString('hex')).toBe(createHash('sha1').update(input).digest('hex'));
  }
});
