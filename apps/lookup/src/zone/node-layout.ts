import { nodeFlag } from './zone-view.js';
import { octetOf, segmentBits, wordOf, type ZoneMemory } from './zone-memory.js';

/**
 * A node in memory: words of the machine, then octets.
 *
 *     word 0   of the allocator
 *     word 1   the edition from which on it is there
 *     word 2   the node that it took the place of, for readers of older editions
 *     word 3   flags, and above them in 16 bits the number of sets
 *     word 4   octets of the owner without the apex, and above them in 24 bits how many names are directly below (for the writer only)
 *     word 5,6 where `digits` says so: the root of the tree of the numbers below, and how many numbers there are
 *     2 words  for each set: type, and above it in 16 bits the number of records; octets, and above them in 8 bits the number of signatures
 *     octets   the owner without the apex, then the sets
 */
export const nodeWords = 5;
export const digitWords = 2;

/** Beside `nodeFlag`. */
export const ownFlag = {
  /** Nothing is here any more; older editions may have something. */
  removed: 0x100,
  digits: 0x200,
  /** Owns NSEC3 and nothing else: part of the chain, and no name of the zone (RFC 5155 §7.2.8). */
  chainOnly: 0x400,
} as const;

/** What readers are told of the flags. */
export const viewFlags = Object.values(nodeFlag).reduce((all: number, each) => all | each, 0);

/** What says that the word at hand of a set counts one more record, or one more signature. */
export const maximumRecords = 0xffff;
export const maximumSignatures = 0xff;
export const maximumSetOctets = 0xffffff;
export const maximumChildren = 0xffffff;

export const directoryOf = (flags: number): number => nodeWords + ((flags & ownFlag.digits) !== 0 ? digitWords : 0);

export const olderOf = (memory: ZoneMemory, ref: number): number =>
  Atomics.load(memory.words[ref >>> segmentBits], wordOf(ref) + 2);
export const setOlder = (memory: ZoneMemory, ref: number, older: number): void => {
  Atomics.store(memory.words[ref >>> segmentBits], wordOf(ref) + 2, older);
};
export const flagsOf = (memory: ZoneMemory, ref: number): number =>
  memory.words[ref >>> segmentBits][wordOf(ref) + 3] & 0xffff;
export const setCountOf = (memory: ZoneMemory, ref: number): number =>
  memory.words[ref >>> segmentBits][wordOf(ref) + 3] >>> 16;
export const ownerLengthOf = (memory: ZoneMemory, ref: number): number =>
  memory.words[ref >>> segmentBits][wordOf(ref) + 4] & 0xff;
export const childrenOf = (memory: ZoneMemory, ref: number): number =>
  memory.words[ref >>> segmentBits][wordOf(ref) + 4] >>> 8;

/** Offset of the owner in the octets of the segment. */
export function ownerStart(memory: ZoneMemory, ref: number): number {
  const head = memory.words[ref >>> segmentBits][wordOf(ref) + 3];
  return octetOf(ref) + (directoryOf(head) + (head >>> 16) * 2) * 4;
}

/** Root of the tree of numbers below, 0: none. */
export function digitRootOf(memory: ZoneMemory, ref: number): number {
  const words = memory.words[ref >>> segmentBits];
  return (words[wordOf(ref) + 3] & ownFlag.digits) === 0 ? 0 : words[wordOf(ref) + nodeWords];
}

/** The newest version that is there in an edition, from the newest of all on; 0: none. */
export function visibleAt(memory: ZoneMemory, newest: number, edition: number): number {
  let ref = newest;
  while (ref !== 0 && memory.wordsFor(ref)[wordOf(ref) + 1] > edition) ref = olderOf(memory, ref);
  return ref !== 0 && (flagsOf(memory, ref) & ownFlag.removed) !== 0 ? 0 : ref;
}

/** Where so many records end that begin at an offset. */
export function skipRecords(octets: Uint8Array, start: number, count: number): number {
  let at = start;
  for (let left = count; left > 0; left -= 1) at += 12 + ((octets[at + 10] << 8) | octets[at + 11]);
  return at;
}

export const ttlOf = (octets: Uint8Array, record: number): number =>
  ((octets[record + 6] << 24) | (octets[record + 7] << 16) | (octets[record + 8] << 8) | octets[record + 9]) >>> 0;
