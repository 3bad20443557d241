import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BlockAllocator, blockKind } from './block-allocator.js';
import { octetOf, segmentBits, ZoneMemory } from './zone-memory.js';

const octets = fc.oneof(
  fc.nat(300),
  fc.integer({ min: 300, max: 20_000 }),
  fc.integer({ min: 20_000, max: 2_000_000 }),
);
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ allocate: octets }) },
  { weight: 2, arbitrary: fc.record({ release: fc.nat(1_000) }) },
);

it('blocks never overlap, and what is given back grows together until all is one again', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200, size: 'max' }), (steps) => {
      const memory = new ZoneMemory();
      const allocator = new BlockAllocator(memory, () => {});
      const blocks: { ref: number; size: number; mark: number }[] = [];
      const body = ({ ref, size }: { ref: number; size: number }) =>
        memory.octets[ref >>> segmentBits]!.subarray(octetOf(ref) + 4, octetOf(ref) + size);
      const giveBack = (index: number) => {
        const [block] = blocks.splice(index, 1);
        const seen = body(block!);
        expect(seen[0] === block!.mark && seen.at(-1) === block!.mark).toBe(true);
        allocator.release(block!.ref);
      };
      steps.forEach((each, mark) => {
        if ('release' in each) {
          if (blocks.length > 0) giveBack(each.release % blocks.length);
          return;
        }
        const size = Math.max(8, each.allocate);
        const block = { ref: allocator.allocate(size, blockKind.node), size, mark: mark & 0xff };
        body(block).fill(block.mark);
        blocks.push(block);
      });
      expect(allocator.blocks).toBe(blocks.length);
      expect(allocator.liveOctets).toBeGreaterThanOrEqual(blocks.reduce((sum, { size }) => sum + size, 0));
      while (blocks.length > 0) giveBack(blocks.length >>> 1);
      const segments = memory.words.length;
      expect(allocator.liveOctets).toBe(0);
      // Each segment is one free block again: the largest that fits needs no other segment.
      for (const segment of memory.octets) allocator.allocate(segment.length - 24, blockKind.other);
      expect(memory.words.length).toBe(segments);
    }),
    { numRuns: 100 },
  );
});

it('no block is larger than a segment', () => {
  const allocator = new BlockAllocator(new ZoneMemory(), () => {});
  expect(() => allocator.allocate(1 << 24, blockKind.node)).toThrow(RangeError);
});
