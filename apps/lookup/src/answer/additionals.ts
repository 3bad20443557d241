import { RRType } from '@callbook/dns';
import { emptySet, nodeFlag, type StoredSet, type ZoneView } from '../zone/zone-view.js';
import { copyLowered, sameOctets } from './name-octets.js';
import type { Query } from './query.js';
import { furthestPointer, ownTtl, section, type Reply } from './reply.js';

/** Targets whose addresses one answer brings along. Who needs more can ask. */
const mostTargets = 32;

/** Addresses of name servers, mail exchangers and services that lie in this zone (RFC 1034 §4.3.2 step 6, RFC 2782, RFC 9471). */
export class Additionals {
  private readonly set = emptySet();
  private readonly target = new Uint8Array(256);
  private readonly nodes = new Uint32Array(mostTargets);
  private count = 0;

  constructor(
    private readonly query: Query,
    private readonly reply: Reply,
    private readonly view: ZoneView,
  ) {}

  /**
   * For the targets of a set that has just been written at `reply.lastSet`.
   *
   * @param cutStart where the cut begins in the names of the query when this is a referral, else -1: only then is glue good enough, and that below
   *   the cut has to be there or the answer is cut off (RFC 9471 §3)
   */
  put(set: StoredSet, signed: boolean, cutStart: number, cutEnd: number): void {
    const { view, reply, target } = this;
    const inRdata = set.type === RRType.MX ? 2 : set.type === RRType.SRV ? 6 : 0;
    this.count = 0;
    const base = reply.lastSet - set.start;
    for (let at = set.start; at < set.plainEnd; at += 12 + ((set.octets[at + 10]! << 8) | set.octets[at + 11]!)) {
      const length = copyLowered(set.octets, at + 12 + inRdata, target, 0);
      const node = view.node(target, 0, length);
      if (node === 0 || this.isThere(node)) continue;
      const flags = view.flags(node);
      if (cutStart < 0 && (flags & (nodeFlag.occluded | nodeFlag.cut)) !== 0) continue;
      const needed = cutStart >= 0 && this.isBelow(length, cutStart, cutEnd);
      const owner = base + at + 12 + inRdata;
      this.putAddresses(node, RRType.A, owner, length, signed, needed);
      this.putAddresses(node, RRType.AAAA, owner, length, signed, needed);
    }
  }

  private putAddresses(
    node: number,
    type: number,
    owner: number,
    length: number,
    signed: boolean,
    needed: boolean,
  ): void {
    const { view, reply, set, query, target } = this;
    if (!view.set(node, type, set)) return;
    const fits =
      owner <= furthestPointer
        ? reply.put(section.additional, set, owner, signed, ownTtl)
        : reply.putNamed(section.additional, set, query, target, 0, length, signed, ownTtl);
    if (!fits && needed) reply.truncated = true;
  }

  private isThere(node: number): boolean {
    const { nodes } = this;
    for (let index = 0; index < this.count; index += 1) if (nodes[index] === node) return true;
    if (this.count === mostTargets) return true;
    nodes[this.count++] = node;
    return false;
  }

  /** Whether the target lies in the zone that is referred to. */
  private isBelow(length: number, cutStart: number, cutEnd: number): boolean {
    const { target, query } = this;
    const cutLength = cutEnd - cutStart;
    let at = 0;
    while (length - at > cutLength) at += target[at]! + 1;
    return length - at === cutLength && sameOctets(target, at, query.names, cutStart, cutLength);
  }
}
