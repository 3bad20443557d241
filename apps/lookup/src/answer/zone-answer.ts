import { Rcode, RRClass, RRType } from '@callbook/dns';
import { compactDenialRcode } from '@callbook/dnssec';
import { emptySet, type ZoneView } from '../zone/zone-view.js';
import { Additionals } from './additionals.js';
import { ChainProofs } from './chain-proofs.js';
import { outcome, source, type Finding } from './finding.js';
import { copyLowered, sameOctets } from './name-octets.js';
import { made, type OnlineSigning, type SigningResult } from './online-signing.js';
import { askedAt, furthestPointer, ownTtl, section, type Reply, type Section } from './reply.js';
import { mostAliases, nameRoom, type Query } from './query.js';
import { extendedError } from './refusals.js';
import type { ZoneFacts } from './zone-facts.js';

/** Writes what was found, and all that belongs to it, from one edition of the zone. One serves a thread. */
export class ZoneAnswer {
  private readonly set = emptySet();
  private readonly proofs: ChainProofs;
  private readonly additionals: Additionals;
  /** The name at hand: a slot of `query.names`, and the offset at which the message has it. */
  private start = 0;
  private end = 0;
  private owner = 0;
  private signed = false;

  constructor(
    private readonly query: Query,
    private readonly reply: Reply,
    private readonly view: ZoneView,
    private readonly finding: Finding,
    private readonly facts: ZoneFacts,
    private readonly signing: OnlineSigning,
  ) {
    this.proofs = new ChainProofs(query, reply, view, facts);
    this.additionals = new Additionals(query, reply, view);
  }

  /** Writes from the finding of the name asked for on. */
  write(): void {
    const { query, reply, finding, view } = this;
    this.start = 0;
    this.end = query.nameLength;
    this.owner = askedAt;
    this.signed = query.edns.dnssecOk && this.facts.denial !== 'unsigned';
    reply.authoritative = true;
    if (finding.outcome === outcome.answer && finding.source === source.name) {
      if (this.putAnswer()) this.addAddresses();
      return;
    }
    this.proofs.begin();
    for (let aliases = 0; ; aliases += 1) {
      if (finding.outcome === outcome.alias) {
        if (!this.putAnswer()) return;
        this.targetOfAlias(aliases);
      } else if (finding.outcome === outcome.redirect) {
        if (!this.putRedirect(aliases)) return;
        // The CNAME that follows from a DNAME is itself the answer to those who ask for one.
        if (query.type === RRType.CNAME) return this.proofs.putExpansions();
      } else break;
      if (aliases + 1 === mostAliases || this.isKnown(aliases + 1)) return this.proofs.putExpansions();
      finding.find(view, query.names, this.start, this.end, query.type);
    }
    this.conclude();
  }

  private conclude(): void {
    const { reply, finding, proofs } = this;
    switch (finding.outcome) {
      case outcome.answer:
        if (!this.putAnswer()) return;
        this.putExpansionsBehind();
        return this.addAddresses();
      case outcome.outside:
        return proofs.putExpansions();
      case outcome.referral:
        proofs.putExpansions();
        return this.refer();
      case outcome.nodata:
      case outcome.nxdomain:
        if (finding.outcome === outcome.nxdomain)
          reply.rcode = this.facts.denial === 'compact' ? compactDenialRcode(this.query.edns) : Rcode.NXDOMAIN;
        proofs.putExpansions();
        return this.deny();
      case outcome.alias:
      case outcome.redirect:
        return;
      default:
        return finding.outcome satisfies never;
    }
  }

  private putAnswer(): boolean {
    const { reply, finding, facts, query } = this;
    const { set } = finding;
    if (this.signed && finding.source === source.wildcard) {
      if (facts.denial === 'compact') return this.putExpansion();
      this.proofs.noteExpansion(this.start, this.end, finding.nextCloser);
    }
    if (query.type === RRType.RRSIG && finding.outcome === outcome.answer)
      return this.isInReach() && reply.putSignatures(section.answer, set, this.owner);
    return this.put(section.answer, set, this.start, this.signed, ownTtl);
  }

  /** What a wildcard stands for, signed as an ordinary set of the name that was asked for (RFC 9824 §3.4): no further proof is needed. */
  private putExpansion(): boolean {
    const { reply, finding, query } = this;
    const { set } = finding;
    const result = this.signing.sign(set, query.names, this.start, this.end, this.view.edition);
    if (result !== made) return this.unsigned(result);
    const signature = this.signing.signed;
    if (!reply.hasRoom(section.answer, set.plainEnd - set.start + signature.end - signature.start)) return false;
    if (query.type !== RRType.RRSIG) this.put(section.answer, set, this.start, false, ownTtl);
    const { lastSet } = reply;
    this.put(section.answer, signature, this.start, true, ownTtl);
    reply.lastSet = lastSet;
    return true;
  }

  private put(to: Section, set: Finding['set'], nameStart: number, signed: boolean, ttl: number): boolean {
    const offset = this.owner + nameStart - this.start;
    if (offset <= furthestPointer) return this.reply.put(to, set, offset, signed, ttl);
    return this.reply.putNamed(to, set, this.query, this.query.names, nameStart, this.end, signed, ttl);
  }

  /** Proofs come behind the answer, into which additionals point. */
  private putExpansionsBehind(): void {
    const { reply, proofs } = this;
    const { lastSet } = reply;
    proofs.putExpansions();
    reply.lastSet = lastSet;
  }

  /** Far behind in a message a name can be of no use as a pointer. Nobody needs so long an answer: it is cut off. */
  private isInReach(): boolean {
    if (this.owner > furthestPointer) this.reply.truncated = true;
    return this.owner <= furthestPointer;
  }

  private targetOfAlias(aliases: number): void {
    const { reply, query, finding } = this;
    const rdata = finding.set.start + 12;
    const next = (aliases + 1) * nameRoom;
    const length = copyLowered(finding.set.octets, rdata, query.names, next);
    this.moveTo(next, next + length, reply.lastSet + 12);
  }

  /** DNAME, and the CNAME that follows from it (RFC 6672 §3.1). False where nothing follows. */
  private putRedirect(aliases: number): boolean {
    const { reply, query, finding } = this;
    const { set, above } = finding;
    if (!this.put(section.answer, set, above, this.signed, ownTtl)) return false;
    const next = (aliases + 1) * nameRoom;
    const target = set.start + 12;
    const targetLength = copyLowered(set.octets, target, query.names, next);
    const prefixLength = above - this.start;
    const length = prefixLength + targetLength;
    if (length > 255) {
      reply.rcode = Rcode.YXDOMAIN;
      return false;
    }
    if (!reply.hasRoom(section.answer, 12 + length)) return false;
    const at = reply.at - reply.start;
    if (!this.isInReach()) return false;
    reply.putPointer(this.owner);
    reply.u16(RRType.CNAME);
    reply.u16(RRClass.IN);
    reply.u32(set.ttl);
    reply.u16(length);
    if (aliases === 0) reply.copy(query.octets, query.start + askedAt, query.start + askedAt + prefixLength);
    else reply.copy(query.names, this.start, above);
    reply.copy(set.octets, target, target + targetLength);
    reply.count(section.answer, 1);
    copyLowered(reply.octets, reply.start + at + 12, query.names, next);
    this.moveTo(next, next + length, at + 12);
    return true;
  }

  private moveTo(start: number, end: number, owner: number): void {
    this.start = start;
    this.end = end;
    this.owner = owner;
  }

  /** Whether the name in a slot has been there before: aliases in a circle. */
  private isKnown(slot: number): boolean {
    const { names, nameLength } = this.query;
    const length = this.end - this.start;
    for (let before = 0; before < slot; before += 1) {
      if (before === 0 && nameLength !== length) continue;
      if (sameOctets(names, before * nameRoom, names, this.start, length)) return true;
    }
    return false;
  }

  private addAddresses(): void {
    const { set } = this.finding;
    if (set.type === RRType.NS || set.type === RRType.MX || set.type === RRType.SRV)
      if (this.query.type !== RRType.RRSIG) this.additionals.put(set, this.signed, -1, 0);
  }

  /** RFC 1034 §4.3.2 3b; RFC 4035 §3.1.4 */
  private refer(): void {
    const { reply, finding, view, query, set, facts } = this;
    const { above, node } = finding;
    if (this.start === 0) reply.authoritative = false;
    if (!this.put(section.authority, finding.set, above, false, ownTtl)) return;
    const nameServers = reply.lastSet;
    if (this.signed) {
      if (view.set(node, RRType.DS, set)) {
        if (!this.put(section.authority, set, above, true, ownTtl)) return;
      } else if (facts.denial === 'compact') {
        const result = this.signing.deny(view, node, query.names, above, this.end, facts.negativeTtl);
        if (result !== made) return void this.unsigned(result);
        if (!this.put(section.authority, this.signing.signed, above, true, ownTtl)) return;
      } else this.proofs.denyAtCut(node, above, this.end);
    }
    reply.lastSet = nameServers;
    this.additionals.put(finding.set, this.signed, above, this.end);
  }

  /** RFC 2308 §2, RFC 4035 §3.1.3 */
  private deny(): void {
    if (this.signed && this.facts.denial === 'compact') return this.denyOnLine();
    this.putSoa();
    if (this.signed) this.proofs.deny(this.finding, this.start, this.end);
  }

  private putSoa(): void {
    const { query, view, facts, signed } = this;
    const apexAt = askedAt + query.nameLength - view.apex.length;
    this.reply.put(section.authority, facts.negativeSoa, apexAt, signed, ownTtl);
  }

  private denyOnLine(): void {
    const { reply, finding, view, query, facts, signing } = this;
    const result =
      finding.outcome === outcome.nxdomain
        ? signing.denyName(query.names, this.start, this.end, facts.negativeTtl)
        : signing.deny(view, finding.node, query.names, this.start, this.end, facts.negativeTtl);
    if (result !== made) return void this.unsigned(result);
    // The proof says that an NSEC record is at every name: whoever asks for it gets it.
    if (query.type === RRType.NSEC) {
      reply.rcode = Rcode.NOERROR;
      return void this.put(section.answer, signing.signed, this.start, true, ownTtl);
    }
    this.putSoa();
    this.put(section.authority, signing.signed, this.start, true, ownTtl);
  }

  private unsigned(why: SigningResult): false {
    const { reply, query } = this;
    reply.withoutRecords(query);
    if (why === 'too much') {
      // A client that forged its address never comes back over TCP.
      reply.rcode = Rcode.NOERROR;
      reply.truncated = true;
    } else {
      reply.rcode = Rcode.SERVFAIL;
      reply.authoritative = false;
      reply.error = extendedError.notReady;
    }
    return false;
  }
}
