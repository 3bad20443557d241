import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BlockAllocator } from './block-allocator.js';
import { DigitPath } from './digit-path.js';
import { DigitTreeWriter } from './digit-tree-writer.js';
import { somethingBegins } from './digit-tree.js';
import { NumberList } from './number-list.js';
import { ZoneMemory } from './zone-memory.js';

/** `123` as it is below a suffix: 3.2.1 */
const wireOf = (digits: string) => Uint8Array.from([...digits].reverse().flatMap((digit) => [1, digit.charCodeAt(0)]));
const path = new DigitPath();
const read = (text: string) => {
  const wire = wireOf(text);
  expect(path.read(wire, 0, wire.length)).toBe(true);
  const { hi, lo, digits, suffix } = path;
  return { hi, lo, digits, suffix };
};

function emptyTree() {
  const memory = new ZoneMemory();
  const allocator = new BlockAllocator(memory, () => {});
  let dropped: number[] = [];
  const writer = new DigitTreeWriter(
    memory,
    allocator,
    () => {},
    (block) => dropped.push(block),
  );
  return {
    ...{ allocator, writer, begins: (root: number, digits: string) => beginsIn(memory, root, digits) },
    giveBack: () => {
      for (const block of dropped) allocator.release(block);
      dropped = [];
    },
  };
}

function beginsIn(memory: ZoneMemory, root: number, digits: string): boolean {
  const { hi, lo, digits: count } = read(digits);
  return somethingBegins(memory, root, hi, lo, count);
}

const number = fc.stringMatching(/^[0-3]{1,6}$/);
const longNumber = fc.stringMatching(/^[0-9]{7,16}$/);

describe('numbers below a suffix', () => {
  it('are read with their first digit next to the suffix, up to 16 digits', () => {
    expect(read('12')).toMatchObject({ hi: 0x23000000, lo: 0, digits: 2, suffix: 4 });
    expect(read('1234567890123456')).toMatchObject({ hi: 0x23456789, lo: 0xa1234567, digits: 16 });
    const long = wireOf('12345678901234567');
    expect(path.read(long, 0, long.length)).toBe(false);
    for (const other of [[2, 0x31, 0x31], [1, 0x61], [1, 0x2f], [1, 0x3a], []])
      expect(path.read(Uint8Array.from(other), 0, other.length)).toBe(false);
  });

  it('begin with digits when one of them does, as they come and go by the thousand', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.oneof(number, longNumber), { minLength: 1, maxLength: 3_000, size: 'max' }),
        fc.array(number, { maxLength: 50 }),
        fc.boolean(),
        (numbers, asked, atOnce) => {
          const { allocator, writer, begins, giveBack } = emptyTree();
          let root = 0;
          if (atOnce) {
            const list = new NumberList();
            for (const each of numbers) list.add(read(each).hi, path.lo);
            root = writer.build(list.sorted());
          } else
            for (const each of numbers) {
              root = writer.insert(root, read(each).hi, path.lo);
              giveBack();
            }
          const here = new Set(numbers);
          const check = () => {
            for (const digits of [
              ...asked,
              ...numbers.slice(0, 20).flatMap((each) => [each, each.slice(0, -1) || each]),
            ])
              expect(begins(root, digits), digits).toBe([...here].some((each) => each.startsWith(digits)));
          };
          check();
          for (const [index, each] of numbers.entries()) {
            root = writer.remove(root, read(each).hi, path.lo);
            giveBack();
            here.delete(each);
            if (index % Math.ceil(numbers.length / 5) === 0) check();
          }
          expect({ root, blocks: allocator.blocks, octets: allocator.liveOctets }).toEqual({
            ...{ root: 0, blocks: 0, octets: 0 },
          });
        },
      ),
      { numRuns: 25 },
    );
  });
});
