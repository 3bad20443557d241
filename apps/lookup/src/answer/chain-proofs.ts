import { RRType } from '@callbook/dns';
import { emptySet, type NodeRef, type ZoneView } from '../zone/zone-view.js';
import { outcome, source, type Finding } from './finding.js';
import { HashedProofs } from './hashed-proofs.js';
import { mostAliases, type Query } from './query.js';
import { ownTtl, section, type Reply } from './reply.js';
import type { ZoneFacts } from './zone-facts.js';

/** More NSEC or NSEC3 records than one answer needs. */
const mostProofs = 3 * (mostAliases + 1);

/** Denials from the chain that the zone came with: NSEC (RFC 4035 §3.1.3) or NSEC3 (RFC 5155 §7.2). Writes to the authority section. */
export class ChainProofs {
  private readonly set = emptySet();
  private readonly owner = new Uint8Array(256);
  private readonly put = new Uint32Array(mostProofs);
  private count = 0;
  /** Names that wildcards stood for: where they begin and end, and the name that would have been closer. */
  private readonly expansions = new Uint16Array(3 * (mostAliases + 1));
  private expansionCount = 0;
  private readonly hashed: HashedProofs;

  constructor(
    private readonly query: Query,
    private readonly reply: Reply,
    private readonly view: ZoneView,
    private readonly facts: ZoneFacts,
  ) {
    this.hashed = new HashedProofs(query, view, facts, (node) => this.putOnce(node, RRType.NSEC3));
  }

  begin(): void {
    this.count = this.expansionCount = 0;
  }

  /** That nothing closer than the wildcard exists is to be proved behind the answers (RFC 4035 §3.1.3.3). */
  noteExpansion(start: number, end: number, nextCloser: number): void {
    const at = 3 * this.expansionCount++;
    this.expansions[at] = start;
    this.expansions[at + 1] = end;
    this.expansions[at + 2] = nextCloser;
  }

  putExpansions(): void {
    const { expansions, query } = this;
    for (let at = 0; at < 3 * this.expansionCount; at += 3) {
      if (this.facts.denial === 'nsec3') this.hashed.cover(query.names, expansions[at + 2]!, expansions[at + 1]!);
      else this.cover(query.names, expansions[at]!, expansions[at + 1]!);
    }
  }

  /** That there is no such name, or no such type at it. */
  deny(finding: Finding, start: number, end: number): void {
    const { view, query, facts } = this;
    const missing =
      finding.outcome === outcome.nxdomain ||
      finding.source === source.wildcard ||
      finding.source === source.emptyWildcard;
    if (missing) finding.findEncloser(view, query.names, start, end);
    if (facts.denial === 'nsec3') return this.hashed.deny(finding, start, end);
    if (!missing) {
      // Where nothing is but names below, the NSEC of the name before says so.
      if (finding.node === 0 || !this.putOnce(finding.node, RRType.NSEC)) this.cover(query.names, start, end);
      return;
    }
    this.cover(query.names, start, end);
    if (finding.source === source.wildcard && this.putOnce(finding.node, RRType.NSEC)) return;
    this.cover(finding.wildcard, 0, finding.wildcardLength);
  }

  /** That a delegation is not signed (RFC 4035 §3.1.4, RFC 5155 §7.2.7). */
  denyAtCut(cut: NodeRef, start: number, end: number): void {
    if (this.facts.denial === 'nsec3') return this.hashed.denyAt(start, end);
    this.putOnce(cut, RRType.NSEC);
  }

  private cover(name: Uint8Array, start: number, end: number): void {
    const node = this.view.nsecAtOrBefore(name, start, end);
    if (node !== 0) this.putOnce(node, RRType.NSEC);
  }

  /** False where the node has none. */
  private putOnce(node: NodeRef, type: number): boolean {
    const { view, set, owner, reply, query, put } = this;
    for (let index = 0; index < this.count; index += 1) if (put[index] === node) return true;
    if (!view.set(node, type, set)) return false;
    put[this.count++] = node;
    const end = view.ownerInto(node, owner, 0);
    reply.putNamed(section.authority, set, query, owner, 0, end, true, ownTtl);
    return true;
  }
}
