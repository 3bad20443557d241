import { Name, RRType, type RR, type RRset } from '@callbook/dns';
import { blockKind, firstBlock, kindOf, sizeOf } from './block-allocator.js';
import { hashEnd, hashOn, hashStart, type NameIndex } from './name-index.js';
import { directoryOf, ownerLengthOf, ownerStart, skipRecords, ttlOf, visibleAt } from './node-layout.js';
import { recordHead } from './set-draft.js';
import { segmentBits, segmentUnits, wordOf, type ZoneMemory } from './zone-memory.js';
import type { ZoneApex } from './zone-name.js';

/** An RRset with the signatures that cover it. */
export interface SignedSet {
  readonly set: RRset;
  readonly signatures: readonly RR[];
}

/** One edition, as the thread of the writer reads it. */
export interface ZoneMoment {
  readonly memory: ZoneMemory;
  readonly index: NameIndex;
  readonly apex: ZoneApex;
  readonly seed: number;
  readonly apexNode: number;
  readonly edition: number;
}

/** The set at a name of the zone, with its signatures. */
export function setAt(moment: ZoneMoment, name: Name, type: number): SignedSet | undefined {
  const { wire } = name.lower();
  const end = moment.apex.startIn(wire, 0, wire.length);
  if (end < 0) return undefined;
  const ref = nodeAt(moment, wire, 0, end);
  if (ref === 0) return undefined;
  for (const set of setsOf(moment, ref)) {
    if (set.type !== type || set.plain.length === 0) continue;
    const [{ class: rrClass, ttl }] = set.plain as [RR];
    return {
      set: { name, type, class: rrClass, ttl, rdatas: set.plain.map(({ rdata }) => rdata) },
      signatures: set.signatures,
    };
  }
  return undefined;
}

/**
 * Every record of an edition, SOA first, those of a name together. The blocks are read in the order in which they lie, one name at a time, so
 * that the zone may move on meanwhile, as long as the edition is pinned: what is in it stays where it is.
 */
export function* recordsIn(moment: ZoneMoment): Generator<RR> {
  const { memory, apexNode } = moment;
  yield* recordsOf(moment, apexNode);
  for (let segment = 0; segment < memory.words.length; segment += 1) {
    const words = memory.words[segment];
    const end = segment * segmentUnits + (words.length >>> 1) - 1;
    for (let ref = firstBlock(segment); ref < end; ref += sizeOf(words[wordOf(ref)])) {
      if (kindOf(words[wordOf(ref)]) !== blockKind.node || ref === apexNode || !isIn(moment, ref)) continue;
      yield* recordsOf(moment, ref);
    }
  }
}

/** The SOA first. */
function* recordsOf(moment: ZoneMoment, ref: number): Generator<RR> {
  const sets = [...setsOf(moment, ref)];
  for (const set of sets.sort((a, b) => Number(b.type === RRType.SOA) - Number(a.type === RRType.SOA))) {
    yield* set.plain;
    yield* set.signatures;
  }
}

/** Whether the node is the one of its name in this edition. */
function isIn(moment: ZoneMoment, ref: number): boolean {
  const { memory } = moment;
  const start = ownerStart(memory, ref);
  return nodeAt(moment, memory.octets[ref >>> segmentBits], start, start + ownerLengthOf(memory, ref)) === ref;
}

function nodeAt({ memory, index, seed, edition }: ZoneMoment, name: Uint8Array, start: number, end: number): number {
  const slot = index.find(hashEnd(hashOn(hashStart(seed), name, start, end)), name, start, end - start);
  return slot < 0 ? 0 : visibleAt(memory, index.at(slot), edition);
}

function* setsOf({ memory, apex }: ZoneMoment, ref: number) {
  const words = memory.words[ref >>> segmentBits];
  const octets = memory.octets[ref >>> segmentBits];
  const owner = ownerStart(memory, ref);
  const length = ownerLengthOf(memory, ref);
  const wire = new Uint8Array(length + apex.wire.length);
  wire.set(octets.subarray(owner, owner + length));
  wire.set(apex.wire, length);
  const { name } = Name.read(wire);
  const head = words[wordOf(ref) + 3];
  let entry = wordOf(ref) + directoryOf(head);
  let start = owner + length;
  for (let count = head >>> 16; count > 0; count -= 1, entry += 2) {
    const end = start + (words[entry + 1] & 0xffffff);
    const plainEnd = skipRecords(octets, start, words[entry] >>> 16);
    yield {
      type: words[entry] & 0xffff,
      plain: recordsBetween(octets, start, plainEnd, name),
      signatures: recordsBetween(octets, plainEnd, end, name),
    };
    start = end;
  }
}

function recordsBetween(octets: Uint8Array, start: number, end: number, name: Name): RR[] {
  const records: RR[] = [];
  for (let at = start, next; at < end; at = next) {
    next = skipRecords(octets, at, 1);
    const type = (octets[at + 2] << 8) | octets[at + 3];
    const rrClass = (octets[at + 4] << 8) | octets[at + 5];
    // A copy into memory of its own: what is read must not change, and not be shared.
    records.push({
      name,
      type,
      class: rrClass,
      ttl: ttlOf(octets, at),
      rdata: Uint8Array.from(octets.subarray(at + recordHead, next)),
    });
  }
  return records;
}
