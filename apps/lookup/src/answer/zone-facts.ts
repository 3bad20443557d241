import { RRType } from '@callbook/dns';
import { emptySet, type Denial, type StoredSet, type ZoneView } from '../zone/zone-view.js';

/** What is the same for all questions to an edition of the zone. */
export class ZoneFacts {
  edition = -1;
  denial: Denial = 'unsigned';
  /** RFC 2308 §5, RFC 9077 §3: the lesser of the SOA's own TTL and its MINIMUM. */
  negativeTtl = 0;
  /** Of the NSEC3 chain (RFC 5155 §4.2). */
  iterations = 0;
  salt = new Uint8Array(0) as Uint8Array;

  /** As it comes with what the zone denies, with that TTL (RFC 2308 §3). */
  readonly negativeSoa = emptySet();

  private readonly set = emptySet();

  /** Call with the view taken. */
  follow(view: ZoneView): void {
    if (view.edition !== this.edition) this.read(view);
  }

  private read(view: ZoneView): void {
    const { set } = this;
    this.denial = view.denial;
    view.set(view.apexNode, RRType.SOA, set);
    const minimum = u32(set.octets, set.plainEnd - 4);
    this.negativeTtl = Math.min(set.ttl, minimum);
    this.keepSoa(set);
    if (this.denial === 'nsec3' && view.set(view.apexNode, RRType.NSEC3PARAM, set)) {
      const rdata = set.start + 12;
      this.iterations = (set.octets[rdata + 2]! << 8) | set.octets[rdata + 3]!;
      this.salt = set.octets.slice(rdata + 5, rdata + 5 + set.octets[rdata + 4]!);
    }
    this.edition = view.edition;
  }

  private keepSoa({ octets, type, count, signatureCount, start, plainEnd, end }: StoredSet): void {
    const kept = octets.slice(start, end);
    for (let at = 0; at < kept.length; at += 12 + ((kept[at + 10]! << 8) | kept[at + 11]!))
      new DataView(kept.buffer).setUint32(at + 6, this.negativeTtl);
    const ttl = this.negativeTtl;
    const [keptPlainEnd, keptEnd] = [plainEnd - start, end - start];
    Object.assign(this.negativeSoa, {
      octets: kept,
      ...{ type, ttl, count, signatureCount, start: 0, plainEnd: keptPlainEnd, end: keptEnd },
    });
  }
}

const u32 = (octets: Uint8Array, at: number): number =>
  ((octets[at]! << 24) | (octets[at + 1]! << 16) | (octets[at + 2]! << 8) | octets[at + 3]!) >>> 0;
