import type { NodeRef, ZoneView } from '../zone/zone-view.js';
import { hashLabelInto } from '../zone/chain-order.js';
import { outcome, source, type Finding } from './finding.js';
import { sameOctets } from './name-octets.js';
import type { Query } from './query.js';
import { Sha1 } from './sha1.js';
import type { ZoneFacts } from './zone-facts.js';

/**
 * More than this and hashing is not worth its answer: validators take such zones for unsigned (RFC 9276 §3.2), and every question could ask for
 * thousands of hashes (CVE-2023-50868).
 */
export const mostIterations = 150;

const hashOctets = 20;
const labelOctets = 33;

/** Denials by the hashes of names (RFC 5155 §7.2), of a zone that came with its NSEC3 records. */
export class HashedProofs {
  private readonly sha1 = new Sha1();
  private readonly hash = new Uint8Array(hashOctets);
  private readonly label = new Uint8Array(labelOctets);
  private readonly owner = new Uint8Array(256);
  /** Name or hash, then the salt. */
  private readonly input = new Uint8Array(512);

  constructor(
    private readonly query: Query,
    private readonly view: ZoneView,
    private readonly facts: ZoneFacts,
    private readonly put: (node: NodeRef) => void,
  ) {}

  deny(finding: Finding, start: number, end: number): void {
    const { names } = this.query;
    const missing =
      finding.outcome === outcome.nxdomain ||
      finding.source === source.wildcard ||
      finding.source === source.emptyWildcard;
    if (!missing) return this.denyAt(start, end);
    const encloser = this.proveEncloser(names, finding.nextCloser, finding.encloser, end);
    if (finding.outcome === outcome.nodata) return void this.match(finding.wildcard, 0, finding.wildcardLength);
    const { wildcard } = finding;
    for (let index = encloser; index < end; index += 1) wildcard[2 + index - encloser] = names[index]!;
    this.cover(wildcard, 0, 2 + end - encloser);
  }

  /** That a name has no such type (§7.2.3); below an opt-out span it may have no NSEC3 of its own (§7.2.4, §7.2.7). */
  denyAt(start: number, end: number): void {
    const { names } = this.query;
    if (this.match(names, start, end)) return;
    this.proveEncloser(names, start, start + names[start]! + 1, end);
  }

  /** Covers the name. */
  cover(name: Uint8Array, start: number, end: number): void {
    const node = this.nodeFor(name, start, end);
    if (node !== 0) this.put(node);
  }

  /** The closest encloser that has an NSEC3, and that the name one label longer has none (§7.2.1). @returns where it begins */
  private proveEncloser(names: Uint8Array, from: number, at: number, end: number): number {
    let nextCloser = from;
    let encloser = at;
    const apexStart = end - this.view.apex.length;
    while (!this.match(names, encloser, end) && encloser < apexStart) {
      nextCloser = encloser;
      encloser += names[encloser]! + 1;
    }
    this.cover(names, nextCloser, end);
    return encloser;
  }

  /** Whether the name has an NSEC3, which then is in the answer. */
  private match(name: Uint8Array, start: number, end: number): boolean {
    const node = this.nodeFor(name, start, end);
    if (node === 0) return false;
    hashLabelInto(this.hash, this.label);
    this.view.ownerInto(node, this.owner, 0);
    if (!sameOctets(this.owner, 0, this.label, 0, labelOctets)) return false;
    this.put(node);
    return true;
  }

  private nodeFor(name: Uint8Array, start: number, end: number): NodeRef {
    if (this.facts.iterations > mostIterations) return 0;
    this.hashName(name, start, end);
    return this.view.nsec3AtOrBefore(this.hash);
  }

  /** RFC 5155 §5 */
  private hashName(name: Uint8Array, start: number, end: number): void {
    const { input, sha1, hash, facts } = this;
    let length = 0;
    for (let index = start; index < end; index += 1) input[length++] = name[index]!;
    length = this.addSalt(length);
    sha1.hash(input, length, hash);
    for (let round = 0; round < facts.iterations; round += 1) {
      for (let index = 0; index < hashOctets; index += 1) input[index] = hash[index]!;
      sha1.hash(input, this.addSalt(hashOctets), hash);
    }
  }

  private addSalt(at: number): number {
    const { salt } = this.facts;
    for (let index = 0; index < salt.length; index += 1) this.input[at + index] = salt[index]!;
    return at + salt.length;
  }
}
