import { RRType } from '@callbook/dns';
import { compareWithOwner } from './chain-order.js';
import { nodeWords, digitWords, flagsOf, ownerLengthOf, ownerStart, ownFlag } from './node-layout.js';
import type { NameIndex } from './name-index.js';
import { segmentBits, wordOf, type ZoneMemory } from './zone-memory.js';

/** The nodes that own NSEC or NSEC3, in the order of the chain that the zone came with. Only static zones come with one, so that it is made anew for each edition. */
export function denialChain(memory: ZoneMemory, index: NameIndex, type: 'nsec' | 'nsec3'): Uint32Array {
  const code = type === 'nsec' ? RRType.NSEC : RRType.NSEC3;
  const refs: number[] = [];
  for (const ref of index.newest()) if (ownsType(memory, ref, code)) refs.push(ref);
  refs.sort((a, b) => compareOwners(memory, a, b));
  const chain = new Uint32Array(new SharedArrayBuffer(refs.length * 4));
  chain.set(refs);
  return chain;
}

export function ownsType(memory: ZoneMemory, ref: number, type: number): boolean {
  const flags = flagsOf(memory, ref);
  if ((flags & ownFlag.removed) !== 0) return false;
  const words = memory.words[ref >>> segmentBits];
  const at = wordOf(ref);
  const first = at + nodeWords + ((flags & ownFlag.digits) === 0 ? 0 : digitWords);
  for (let count = words[at + 3] >>> 16, entry = first; count > 0; count -= 1, entry += 2)
    if ((words[entry] & 0xffff) === type) return true;
  return false;
}

function compareOwners(memory: ZoneMemory, a: number, b: number): number {
  const start = ownerStart(memory, b);
  return compareWithOwner(memory, a, memory.octets[b >>> segmentBits], start, start + ownerLengthOf(memory, b));
}
