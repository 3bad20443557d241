import { compareWithOwner, hashLabelInto } from './chain-order.js';
import { DigitPath } from './digit-path.js';
import { somethingBegins } from './digit-tree.js';
import { findNewest, hashEnd, hashOn, hashStart } from './name-index.js';
import {
  digitRootOf,
  directoryOf,
  flagsOf,
  ownerLengthOf,
  ownerStart,
  ownFlag,
  setCountOf,
  skipRecords,
  ttlOf,
  viewFlags,
  visibleAt,
} from './node-layout.js';
import { denialCodes, EditionSlot, emptyPlace, type EditionPlace } from './zone-editions.js';
import { segmentBits, wordOf, ZoneMemory } from './zone-memory.js';
import { nodeFlag, type Denial, type NodeRef, type StoredSet, type ZoneView } from './zone-view.js';

/** The memory of a zone as it has come to a thread. */
export interface MemoryShape {
  readonly store: number;
  readonly memory: ZoneMemory;
  readonly index: { readonly id: number; readonly slots: Uint32Array };
  readonly chain: { readonly id: number; readonly refs: Uint32Array };
}

/** Whether it has what an edition lies in. Later slots of the index hold all that earlier ones do. */
export const suffices = ({ store, memory, index, chain }: MemoryShape, place: EditionPlace): boolean =>
  store === place.store &&
  memory.words.length >= place.segments &&
  index.id >= place.index &&
  (place.chain === 0 || chain.id === place.chain);

/** Brings what an edition lies in, where it has not come yet. */
export type BringMemory = (place: EditionPlace) => MemoryShape;

/** One thread's view. Nothing is allocated but where the zone has grown. */
export class ZoneReader implements ZoneView {
  private readonly editionSlot: EditionSlot;
  private readonly place = emptyPlace();
  private readonly path = new DigitPath();
  private readonly hashLabel = new Uint8Array(33);
  private known = 0;
  private memory = new ZoneMemory();
  private slots = new Uint32Array(0) as Uint32Array;
  private chain = new Uint32Array(0) as Uint32Array;
  private shape: MemoryShape | undefined;

  /** `apex` in lower-cased wire form. */
  constructor(
    control: SharedArrayBuffer,
    slot: number,
    readonly apex: Uint8Array,
    private readonly bring: BringMemory,
  ) {
    this.editionSlot = new EditionSlot(control, slot);
  }

  take(): boolean {
    const edition = this.editionSlot.take(this.known, this.place);
    if (edition === this.known) return edition !== 0;
    try {
      this.bringMemory();
    } catch (error) {
      this.release();
      throw error;
    }
    this.known = edition;
    return true;
  }

  release(): void {
    this.editionSlot.release();
  }

  get edition(): number {
    return this.known;
  }

  get denial(): Denial {
    return denialCodes[this.place.denial]!;
  }

  get apexNode(): NodeRef {
    return this.place.apexNode;
  }

  get hasCuts(): boolean {
    return this.place.hasCuts === 1;
  }

  get hasWildcards(): boolean {
    return this.place.hasWildcards === 1;
  }

  node(name: Uint8Array, start: number, end: number): NodeRef {
    const apexStart = this.apexStart(name, start, end);
    if (apexStart < 0) return 0;
    const ref = this.find(name, start, apexStart);
    return ref !== 0 && (flagsOf(this.memory, ref) & ownFlag.chainOnly) !== 0 ? 0 : ref;
  }

  isEmptyNonTerminal(name: Uint8Array, start: number, end: number): boolean {
    const apexStart = this.apexStart(name, start, end);
    if (apexStart < 0) return false;
    const ref = this.find(name, start, apexStart);
    if (ref !== 0) return (flagsOf(this.memory, ref) & nodeFlag.empty) !== 0;
    const { path } = this;
    if (!path.read(name, start, apexStart)) return false;
    const suffix = this.find(name, path.suffix, apexStart);
    const root = suffix === 0 ? 0 : digitRootOf(this.memory, suffix);
    return root !== 0 && somethingBegins(this.memory, root, path.hi | 0, path.lo | 0, path.digits);
  }

  flags(node: NodeRef): number {
    return flagsOf(this.memory, node) & viewFlags;
  }

  set(node: NodeRef, type: number, into: StoredSet): boolean {
    const words = this.memory.words[node >>> segmentBits];
    const head = words[wordOf(node) + 3];
    const first = wordOf(node) + directoryOf(head);
    const count = head >>> 16;
    let start = ((first + count * 2) << 2) + (words[wordOf(node) + 4] & 0xff);
    for (let index = 0, entry = first; index < count; index += 1, entry += 2) {
      if ((words[entry] & 0xffff) === type) {
        this.fill(into, node, words[entry], words[entry + 1], start);
        return true;
      }
      start += words[entry + 1] & 0xffffff;
    }
    return false;
  }

  setCount(node: NodeRef): number {
    return setCountOf(this.memory, node);
  }

  setByIndex(node: NodeRef, index: number, into: StoredSet): void {
    const words = this.memory.words[node >>> segmentBits];
    const head = words[wordOf(node) + 3];
    let entry = wordOf(node) + directoryOf(head);
    let start = ownerStart(this.memory, node) + ownerLengthOf(this.memory, node);
    for (let before = index; before > 0; before -= 1, entry += 2) start += words[entry + 1] & 0xffffff;
    this.fill(into, node, words[entry], words[entry + 1], start);
  }

  ownerInto(node: NodeRef, into: Uint8Array, at: number): number {
    const octets = this.memory.octets[node >>> segmentBits];
    const start = ownerStart(this.memory, node);
    const length = ownerLengthOf(this.memory, node);
    for (let index = 0; index < length; index += 1) into[at + index] = octets[start + index];
    const { apex } = this;
    for (let index = 0; index < apex.length; index += 1) into[at + length + index] = apex[index];
    return at + length + apex.length;
  }

  nsecAtOrBefore(name: Uint8Array, start: number, end: number): NodeRef {
    return this.lastInChain(name, start, Math.max(start, this.apexStart(name, start, end)));
  }

  nsec3AtOrBefore(hash: Uint8Array): NodeRef {
    hashLabelInto(hash, this.hashLabel);
    return this.lastInChain(this.hashLabel, 0, this.hashLabel.length);
  }

  /** The last that is not after a name; before the first is the last of all, since a chain is a circle. */
  private lastInChain(name: Uint8Array, start: number, end: number): NodeRef {
    const { chain, memory } = this;
    let [low, high] = [0, chain.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareWithOwner(memory, chain[middle], name, start, end) <= 0) low = middle + 1;
      else high = middle;
    }
    return chain.length === 0 ? 0 : chain[(low + chain.length - 1) % chain.length];
  }

  private fill(into: StoredSet, node: NodeRef, types: number, sizes: number, start: number): void {
    const octets = this.memory.octets[node >>> segmentBits];
    into.octets = octets;
    into.type = types & 0xffff;
    into.count = types >>> 16;
    into.signatureCount = sizes >>> 24;
    into.start = start;
    into.plainEnd = skipRecords(octets, start, into.count);
    into.end = start + (sizes & 0xffffff);
    into.ttl = ttlOf(octets, start);
  }

  /** Without the apex. */
  private find(name: Uint8Array, start: number, end: number): NodeRef {
    const hash = hashEnd(hashOn(hashStart(this.place.seed), name, start, end));
    return visibleAt(this.memory, findNewest(this.slots, this.memory, hash, name, start, end - start), this.known);
  }

  /** Where the apex begins, -1 when the octets do not end in it. That it begins at a label is left to the search: no stored name ends elsewhere. */
  private apexStart(name: Uint8Array, start: number, end: number): number {
    const { apex } = this;
    const apexStart = end - apex.length;
    if (apexStart < start) return -1;
    for (let index = 0; index < apex.length; index += 1) if (name[apexStart + index] !== apex[index]) return -1;
    return apexStart;
  }

  private bringMemory(): void {
    const { place, shape } = this;
    if (shape && suffices(shape, place)) return;
    const brought = this.bring(place);
    this.shape = brought;
    this.memory = brought.memory;
    this.slots = brought.index.slots;
    this.chain = brought.chain.refs;
  }
}
