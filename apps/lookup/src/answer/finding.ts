import { RRType } from '@callbook/dns';
import { emptySet, nodeFlag, type NodeRef, type ZoneView } from '../zone/zone-view.js';
import { isWithin } from './name-octets.js';

/** What the zone has to say of a question (RFC 1034 §4.3.2). */
export const outcome = {
  /** Not of this zone. */
  outside: 0,
  answer: 1,
  /** CNAME: another name is meant. */
  alias: 2,
  nodata: 3,
  nxdomain: 4,
  /** Another zone has it. */
  referral: 5,
  /** DNAME above: the name is another one (RFC 6672). */
  redirect: 6,
} as const;
export type Outcome = (typeof outcome)[keyof typeof outcome];

/** By which name of the zone. */
export const source = {
  name: 0,
  /** The name is there only because others are below it. */
  empty: 1,
  /** RFC 4592 */
  wildcard: 2,
  /** The wildcard is there only because others are below it. */
  emptyWildcard: 3,
} as const;
export type Source = (typeof source)[keyof typeof source];

/** What was found at a name. One serves a thread; filled anew each time. */
export class Finding {
  outcome: Outcome = outcome.outside;
  source: Source = source.name;
  /** Of the name, of its wildcard, of the cut, of the DNAME; 0 where there is none. */
  node: NodeRef = 0;
  /** The set that answers, CNAME and DNAME among them. */
  readonly set = emptySet();
  /** Where the name of the cut or of the DNAME begins. */
  above = 0;
  /** Where the closest encloser begins (RFC 4592 §3.3.1), and the name one label longer. Only of names that are not there. */
  encloser = 0;
  nextCloser = 0;
  /** `*.` of the closest encloser. */
  readonly wildcard = new Uint8Array(258);
  wildcardLength = 0;

  private readonly labels = new Uint8Array(128);

  /** Looks up a lower-cased name. The view must be taken. */
  find(view: ZoneView, names: Uint8Array, start: number, end: number, type: number): void {
    this.source = source.name;
    const node = view.node(names, start, end);
    if (node !== 0) {
      const flags = view.flags(node);
      if ((flags & nodeFlag.occluded) === 0) {
        // DS belongs to the zone above the cut (RFC 4035 §3.1.4.1).
        if ((flags & nodeFlag.cut) !== 0 && type !== RRType.DS) return this.refer(view, node, start);
        this.node = node;
        this.outcome = this.atNode(view, node, flags, type);
        if ((flags & nodeFlag.empty) !== 0) this.source = source.empty;
        return;
      }
    } else if (!isWithin(names, start, end, view.apex)) {
      this.outcome = outcome.outside;
      return;
    }
    this.node = 0;
    if (view.hasCuts || view.hasWildcards) this.fromAbove(view, names, start, end, type);
    else if (view.isEmptyNonTerminal(names, start, end)) {
      this.outcome = outcome.nodata;
      this.source = source.empty;
    } else this.outcome = outcome.nxdomain;
  }

  /** Finds `encloser`, `nextCloser` and `wildcard` of a name that is not there. */
  findEncloser(view: ZoneView, names: Uint8Array, start: number, end: number): void {
    const { labels } = this;
    let at = this.labelsToApex(names, start, end - view.apex.length);
    this.encloser = end - view.apex.length;
    for (at -= 1; at >= 0; at -= 1) {
      const label = labels[at]! + start;
      if (view.node(names, label, end) === 0 && !view.isEmptyNonTerminal(names, label, end)) break;
      this.encloser = label;
    }
    this.nextCloser = at < 0 ? start : labels[at]! + start;
    this.nameWildcard(names, end);
  }

  private fromAbove(view: ZoneView, names: Uint8Array, start: number, end: number, type: number): void {
    const { labels } = this;
    let at = this.labelsToApex(names, start, end - view.apex.length);
    let encloser = view.apexNode;
    this.encloser = end - view.apex.length;
    for (;;) {
      if (encloser !== 0) {
        const flags = view.flags(encloser);
        if ((flags & nodeFlag.cut) !== 0 && this.encloser !== start) return this.refer(view, encloser, this.encloser);
        if ((flags & nodeFlag.dname) !== 0 && this.encloser !== start)
          return this.redirect(view, encloser, this.encloser);
      }
      at -= 1;
      if (at < 0) break;
      const label = labels[at]! + start;
      const below = view.node(names, label, end);
      if (below === 0 && !view.isEmptyNonTerminal(names, label, end)) {
        this.nextCloser = label;
        return this.fromWildcard(view, encloser, names, end, type);
      }
      encloser = below;
      this.encloser = label;
    }
    this.outcome = outcome.nodata;
    this.source = source.empty;
  }

  private fromWildcard(view: ZoneView, encloser: NodeRef, names: Uint8Array, end: number, type: number): void {
    this.outcome = outcome.nxdomain;
    this.nameWildcard(names, end);
    if (encloser === 0 || (view.flags(encloser) & nodeFlag.wildcardBelow) === 0) return;
    const node = view.node(this.wildcard, 0, this.wildcardLength);
    if (node === 0) {
      if (!view.isEmptyNonTerminal(this.wildcard, 0, this.wildcardLength)) return;
      this.outcome = outcome.nodata;
      this.source = source.emptyWildcard;
      return;
    }
    const flags = view.flags(node);
    this.node = node;
    this.source = (flags & nodeFlag.empty) === 0 ? source.wildcard : source.emptyWildcard;
    this.outcome = this.atNode(view, node, flags, type);
  }

  private atNode(view: ZoneView, node: NodeRef, flags: number, type: number): Outcome {
    const { set } = this;
    if (type === RRType.ANY || type === RRType.RRSIG) return this.oneSet(view, node, type);
    if (view.set(node, type, set)) return outcome.answer;
    if ((flags & nodeFlag.cname) === 0 || !view.set(node, RRType.CNAME, set)) return outcome.nodata;
    // Where every name has an NSEC, so has an alias.
    return type === RRType.NSEC && view.denial === 'compact' ? outcome.nodata : outcome.alias;
  }

  /** The smallest answer that is true (RFC 8482 §4.1). */
  private oneSet(view: ZoneView, node: NodeRef, type: number): Outcome {
    const count = view.setCount(node);
    for (let index = 0; index < count; index += 1) {
      view.setByIndex(node, index, this.set);
      if (type === RRType.ANY || this.set.signatureCount > 0) return outcome.answer;
    }
    return outcome.nodata;
  }

  private refer(view: ZoneView, cut: NodeRef, at: number): void {
    view.set(cut, RRType.NS, this.set);
    this.node = cut;
    this.above = at;
    this.outcome = outcome.referral;
  }

  private redirect(view: ZoneView, node: NodeRef, at: number): void {
    view.set(node, RRType.DNAME, this.set);
    this.node = node;
    this.above = at;
    this.outcome = outcome.redirect;
  }

  /** Where the labels before the apex begin, counted from `start`. @returns how many there are */
  private labelsToApex(names: Uint8Array, start: number, apexStart: number): number {
    let count = 0;
    for (let at = start; at < apexStart; at += names[at]! + 1) this.labels[count++] = at - start;
    return count;
  }

  private nameWildcard(names: Uint8Array, end: number): void {
    const { wildcard, encloser } = this;
    wildcard[0] = 1;
    wildcard[1] = 0x2a;
    for (let index = encloser; index < end; index += 1) wildcard[2 + index - encloser] = names[index]!;
    this.wildcardLength = 2 + end - encloser;
  }
}
