import { ownerLengthOf, ownerStart } from './node-layout.js';
import { segmentBits, type ZoneMemory } from './zone-memory.js';

/** Where the labels of either name begin; a name has at most 127. */
const startsA = new Uint32Array(128);
const startsB = new Uint32Array(128);

/** Canonical order (RFC 4034 §6.1) of a node and a lower-cased name, both without the apex: negative when the node comes first. */
export function compareWithOwner(
  memory: ZoneMemory,
  ref: number,
  name: Uint8Array,
  start: number,
  end: number,
): number {
  const octets = memory.octets[ref >>> segmentBits];
  const owner = ownerStart(memory, ref);
  const countA = labelStarts(octets, owner, owner + ownerLengthOf(memory, ref), startsA);
  const countB = labelStarts(name, start, end, startsB);
  const common = Math.min(countA, countB);
  for (let index = 1; index <= common; index += 1) {
    const order = compareLabels(octets, startsA[countA - index], name, startsB[countB - index]);
    if (order !== 0) return order;
  }
  return countA - countB;
}

function labelStarts(name: Uint8Array, start: number, end: number, starts: Uint32Array): number {
  let count = 0;
  for (let at = start; at < end; at += name[at] + 1) starts[count++] = at;
  return count;
}

function compareLabels(a: Uint8Array, startA: number, b: Uint8Array, startB: number): number {
  const common = Math.min(a[startA], b[startB]);
  for (let offset = 1; offset <= common; offset += 1) {
    const order = a[startA + offset] - b[startB + offset];
    if (order !== 0) return order;
  }
  return a[startA] - b[startB];
}

const base32hex = Buffer.from('0123456789abcdefghijklmnopqrstuv', 'latin1');
const hashLabelOctets = 32;

/** The label under which an NSEC3 of a hash of 20 octets is (RFC 5155 §1.3), with its length. Base32hex keeps the order of octets. */
export function hashLabelInto(hash: Uint8Array, into: Uint8Array): void {
  into[0] = hashLabelOctets;
  for (let at = 0, bits = 0, value = 0, from = 0; at < hashLabelOctets; at += 1) {
    if (bits < 5) {
      value = ((value << 8) | hash[from++]) & 0xffff;
      bits += 8;
    }
    bits -= 5;
    into[at + 1] = base32hex[(value >>> bits) & 31];
  }
}
