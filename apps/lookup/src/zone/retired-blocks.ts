import type { BlockAllocator } from './block-allocator.js';
import { hashEnd, hashOn, hashStart, type NameIndex } from './name-index.js';
import { flagsOf, olderOf, ownerLengthOf, ownerStart, ownFlag, setOlder } from './node-layout.js';
import type { ZoneEditions } from './zone-editions.js';
import { segmentBits, type ZoneMemory } from './zone-memory.js';

/** A block that has a place in the editions `[from, until)` and in no later one. */
interface Retired {
  readonly ref: number;
  readonly from: number;
  readonly until: number;
  readonly isNode: boolean;
}

/** Blocks of which newer editions know nothing, until nobody holds an older one. */
export class RetiredBlocks {
  /** In the order of `until`; those before `done` are dealt with. */
  private waiting: Retired[] = [];
  private done = 0;
  /** Kept for editions that this thread holds, whatever the readers do. */
  private pinned: Retired[] = [];
  private unpinned = 0;

  constructor(
    private readonly memory: ZoneMemory,
    private readonly allocator: BlockAllocator,
    private readonly index: NameIndex,
    private readonly seed: number,
  ) {}

  /** Octets that wait for readers; not those that this thread holds. */
  octets = 0;

  add(block: Retired): void {
    this.waiting.push(block);
    this.octets += this.allocator.octetsOf(block.ref);
  }

  /** Gives back what nobody can see. Without editions nobody reads. */
  reclaim(editions: ZoneEditions | undefined): void {
    const oldest = editions ? editions.oldestRead() : Number.POSITIVE_INFINITY;
    const pinned = editions?.pinned ?? [];
    const isPinned = ({ from, until }: Retired) => pinned.some((edition) => edition >= from && edition < until);
    if (editions && this.unpinned !== editions.unpinned) {
      this.unpinned = editions.unpinned;
      const before = this.pinned;
      this.pinned = [];
      for (const each of before) this.giveBackOr(each, isPinned, editions);
    }
    while (this.done < this.waiting.length && this.waiting[this.done]!.until <= oldest) {
      const each = this.waiting[this.done]!;
      this.done += 1;
      this.octets -= this.allocator.octetsOf(each.ref);
      this.giveBackOr(each, isPinned, editions);
    }
    if (this.done > 1_024 && this.done * 2 > this.waiting.length) {
      this.waiting = this.waiting.slice(this.done);
      this.done = 0;
    }
  }

  private giveBackOr(each: Retired, isPinned: (each: Retired) => boolean, editions: ZoneEditions | undefined): void {
    if (each.isNode && isPinned(each)) {
      this.pinned.push(each);
      return;
    }
    if (each.isNode) this.unlink(each.ref, (editions?.newest ?? -1) + 1);
    this.allocator.release(each.ref);
  }

  /** Takes a node out of the line of those that were at its name. When only the word that nothing is there is left, that goes too. */
  private unlink(ref: number, next: number): void {
    const { memory, index } = this;
    const octets = memory.octets[ref >>> segmentBits];
    const start = ownerStart(memory, ref);
    const length = ownerLengthOf(memory, ref);
    const hash = hashEnd(hashOn(hashStart(this.seed), octets, start, start + length));
    const slot = index.find(hash, octets, start, length);
    const newest = index.at(slot);
    let newer = newest;
    while (olderOf(memory, newer) !== ref) newer = olderOf(memory, newer);
    setOlder(memory, newer, olderOf(memory, ref));
    if ((flagsOf(memory, newest) & ownFlag.removed) === 0 || olderOf(memory, newest) !== 0) return;
    index.remove(slot);
    // Readers of this edition may have come upon it already.
    this.add({ ref: newest, from: next, until: next, isNode: false });
  }
}
