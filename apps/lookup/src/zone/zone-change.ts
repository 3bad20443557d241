import type { RR } from '@callbook/dns';
import { DigitPath } from './digit-path.js';
import { hashEnd, hashOn, hashStart, type NameIndex } from './name-index.js';
import { boundaryFlags, NodeDraft } from './node-draft.js';
import { flagsOf, ownerLengthOf, ownerStart, ownFlag } from './node-layout.js';
import { ZoneError } from './zone-error.js';
import { segmentBits, type ZoneMemory } from './zone-memory.js';
import { lowered, type ZoneApex } from './zone-name.js';

const path = new DigitPath();
const asterisk = 0x2a;

/** The zone that a change is worked out for. */
export interface ZoneBefore {
  readonly apex: ZoneApex;
  readonly memory: ZoneMemory;
  readonly index: NameIndex;
  readonly seed: number;
  /** How many nodes own NS (and are not the apex) or DNAME. */
  readonly boundaries: number;
}

/** The nodes that a change of records leaves, and all that follows from it for names above and below. */
export class ZoneChange {
  private readonly byOwner = new Map<string, NodeDraft>();
  private readonly scratch = Buffer.alloc(255);

  constructor(private readonly zone: ZoneBefore) {}

  get drafts(): Iterable<NodeDraft> {
    return this.byOwner.values();
  }

  /** Errors: ZoneError when it is outside the zone or not there. */
  remove(record: RR): void {
    if (!this.draftFor(record).remove(record.type, record.rdata, 0, record.rdata.length))
      throw new ZoneError('a record that is not there is removed');
  }

  /** Errors: ZoneError when it is outside the zone or there already. */
  add(record: RR): void {
    const { type, ttl, rdata } = record;
    if (record.class !== 1) throw new ZoneError('a record of another class');
    if (!this.draftFor(record).add(type, ttl, rdata, 0, rdata.length))
      throw new ZoneError('a record that is there already is added');
  }

  get apexDraft(): NodeDraft {
    return this.draftOf(this.scratch, 0, 0);
  }

  /** To be called once all records are there. Errors: ZoneError when a signature covers nothing. */
  settle(): void {
    const own = [...this.byOwner.values()];
    for (const draft of own) if (draft.bareSignatures > 0) throw new ZoneError('a signature covers nothing');
    for (const draft of own) this.tellAbove(draft);
    this.occlude();
  }

  private draftFor({ name }: RR): NodeDraft {
    const { apex } = this.zone;
    const { wire } = name;
    const end = apex.startIn(wire, 0, wire.length);
    if (end < 0) throw new ZoneError('a record outside the zone');
    for (let at = 0; at < end; at += 1) this.scratch[at] = lowered(wire[at]);
    return this.draftOf(this.scratch, 0, end);
  }

  /** The owner is lower-cased and without the apex. */
  private draftOf(owner: Uint8Array, start: number, end: number): NodeDraft {
    const key = Buffer.from(owner.buffer, owner.byteOffset + start, end - start).toString('latin1');
    const known = this.byOwner.get(key);
    if (known) return known;
    const { index, memory } = this.zone;
    const hash = hashEnd(hashOn(hashStart(this.zone.seed), owner, start, end));
    const draft = new NodeDraft().clear(owner, start, end, hash);
    draft.slot = index.find(hash, owner, start, end - start);
    if (draft.slot >= 0) draft.load(memory, index.at(draft.slot));
    this.byOwner.set(key, draft);
    return draft;
  }

  /** A name that comes or goes is news for the one above, and there may be the reason why that one comes or goes (RFC 8499 "empty non-terminal"). */
  private tellAbove(draft: NodeDraft): void {
    let each = draft;
    while (each.ownerLength > 0 && each.named !== each.counted) {
      const here = each.named;
      each.counted = here;
      const change = here ? 1 : -1;
      const { owner, ownerLength } = each;
      if (path.read(owner, 0, ownerLength)) {
        const { hi, lo } = path;
        each = this.draftOf(owner, path.suffix, ownerLength);
        each.numbers += change;
        each.numberChanges.push({ hi, lo, here });
        each.changed = true;
      } else {
        const wildcard = owner[0] === 1 && owner[1] === asterisk;
        each = this.draftOf(owner, owner[0] + 1, ownerLength);
        each.children += change;
        if (wildcard) {
          each.wildcardBelow = here;
          each.changed = true;
        }
      }
    }
  }

  /** What is below a delegation or a DNAME is not for this zone to say. */
  private occlude(): void {
    const moved: NodeDraft[] = [];
    let { boundaries } = this.zone;
    for (const draft of this.byOwner.values()) {
      const before = this.flagsBefore(draft);
      const was = (before & boundaryFlags) !== 0;
      if (draft.boundary !== was) {
        moved.push(draft);
        boundaries += was ? -1 : 1;
      }
    }
    if (moved.length > 0) this.draftAllBelow(moved);
    if (boundaries === 0 && moved.length === 0) return;
    for (const draft of this.byOwner.values()) {
      const occluded = boundaries > 0 && this.hasBoundaryAbove(draft);
      if (draft.occluded !== occluded) draft.changed = true;
      draft.occluded = occluded;
    }
  }

  private flagsBefore(draft: NodeDraft): number {
    if (draft.before === 0) return 0;
    const flags = flagsOf(this.zone.memory, draft.before);
    return (flags & ownFlag.removed) === 0 ? flags : 0;
  }

  /** Looks at every name of the zone: this happens when an operator delegates something, not when a number is registered. */
  private draftAllBelow(boundaries: readonly NodeDraft[]): void {
    const { memory, index } = this.zone;
    for (const ref of index.newest()) {
      if ((flagsOf(memory, ref) & ownFlag.removed) !== 0) continue;
      const octets = memory.octets[ref >>> segmentBits];
      const start = ownerStart(memory, ref);
      const end = start + ownerLengthOf(memory, ref);
      if (boundaries.some((each) => isBelow(octets, start, end, each))) this.draftOf(octets, start, end);
    }
  }

  private hasBoundaryAbove({ owner, ownerLength }: NodeDraft): boolean {
    if (ownerLength === 0) return false;
    for (let at = owner[0] + 1; ; at += owner[at] + 1) {
      if (this.isBoundary(owner, at, ownerLength)) return true;
      if (at === ownerLength) return false;
    }
  }

  private isBoundary(owner: Uint8Array, start: number, end: number): boolean {
    const key = Buffer.from(owner.buffer, owner.byteOffset + start, end - start).toString('latin1');
    const draft = this.byOwner.get(key);
    if (draft) return draft.boundary;
    const { index, memory, seed } = this.zone;
    const slot = index.find(hashEnd(hashOn(hashStart(seed), owner, start, end)), owner, start, end - start);
    const flags = slot < 0 ? 0 : flagsOf(memory, index.at(slot));
    return (flags & ownFlag.removed) === 0 && (flags & boundaryFlags) !== 0;
  }
}

function isBelow(octets: Uint8Array, start: number, end: number, { owner, ownerLength }: NodeDraft): boolean {
  let at = start;
  while (end - at > ownerLength) at += octets[at] + 1;
  if (at === start || end - at !== ownerLength) return false;
  for (let index = 0; index < ownerLength; index += 1) if (octets[at + index] !== owner[index]) return false;
  return true;
}
