import { randomBytes } from 'node:crypto';
import { Name, RRClass, RRType } from '@callbook/dns';
import { signOctets, signRRset, type ZoneKey } from '@callbook/dnssec';
import { emptySet, nodeFlag, type NodeRef, type StoredSet, type ZoneView } from '../zone/zone-view.js';
import { labelCount } from './name-octets.js';
import { keyPadding, ProofCache } from './proof-cache.js';
import { SignatureBudget, trust, type Trust } from './signature-budget.js';
import { successorInto } from './successor.js';
import { TypeBitmap } from './type-bitmap.js';

/** Seconds. A proof outlives the negative TTL by far, and is worthless soon enough when a name comes into being. */
const validity = { before: 3_600, after: 2 * 86_400 };

export const made = 'made';
export type SigningResult = typeof made | 'no key' | 'too much';

export interface OnlineSigningDeps {
  readonly view: Pick<ZoneView, 'apex'>;
  readonly denialKeys: () => ZoneKey | undefined;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Signatures that are made over UDP. */
  readonly signaturesPerSecond: number;
}

/** Signs what the zone does not hold at the moment that it is asked for: denials (RFC 9824), and what wildcards stand for. One serves a thread. */
export class OnlineSigning {
  /** What was made last: records whose owner is to be the name that it was made for. */
  readonly signed: StoredSet = emptySet();
  /** Of whoever asks. */
  asker: Trust = trust.none;

  private readonly budget: SignatureBudget;
  private readonly bitmap = new TypeBitmap();
  private readonly atNode = emptySet();
  private readonly key = new Uint8Array(12_288);
  private readonly cache = new ProofCache(this.key, randomBytes(4).readInt32BE());
  /** What is signed: rdata of the RRSIG without the signature, then the record in canonical form (RFC 4034 §3.1.8.1). */
  private readonly data = new Uint8Array(12_288);
  private readonly value = new Uint8Array(12_288);

  constructor(private readonly deps: OnlineSigningDeps) {
    this.budget = new SignatureBudget(deps.signaturesPerSecond);
  }

  /** What was signed more than one to two of the times ago at which this is called is gone, and with it the names that were asked for. */
  forget(): void {
    this.cache.age();
  }

  /** The NSEC of a name that is not there. Names are lower-cased. */
  denyName(names: Uint8Array, start: number, end: number, ttl: number): SigningResult {
    this.bitmap.ofNothing();
    return this.nsec(names, start, end, ttl);
  }

  /**
   * The NSEC of a name with the types of a node: its own, those of its wildcard; 0: of an empty non-terminal. At a cut the zone speaks for
   * NS and DS alone (RFC 4035 §2.3).
   */
  deny(view: ZoneView, node: NodeRef, names: Uint8Array, start: number, end: number, ttl: number): SigningResult {
    const { bitmap, atNode } = this;
    const cut = node !== 0 && (view.flags(node) & nodeFlag.cut) !== 0;
    const count = node === 0 ? 0 : view.setCount(node);
    bitmap.begin();
    for (let index = 0; index < count; index += 1) {
      view.setByIndex(node, index, atNode);
      if (!cut || atNode.type === RRType.NS || atNode.type === RRType.DS) bitmap.add(atNode.type);
    }
    bitmap.finish();
    return this.nsec(names, start, end, ttl);
  }

  /** The RRSIG over what a wildcard stands for at a name. `edition` says what the set is. */
  sign(set: StoredSet, names: Uint8Array, start: number, end: number, edition: number): SigningResult {
    const zoneKey = this.deps.denialKeys();
    if (!zoneKey) return 'no key';
    const { key, value, signed, cache } = this;
    let length = this.putKey(names, start, end, set.type, zoneKey.tag, edition);
    for (let index = 0; index < keyPadding; index += 1) key[length + index] = 0;
    if (!cache.find(length)) {
      if (!this.budget.take(this.asker, this.deps.clock())) return 'too much';
      const { name } = Name.read(names.slice(start, end));
      const { rdata } = signRRset(
        { name, type: set.type, class: RRClass.IN, ttl: set.ttl, rdatas: rdatasOf(set) },
        { key: zoneKey, signer: Name.read(this.deps.view.apex).name },
        this.validity(),
      );
      recordHead(value, 0, RRType.RRSIG, set.ttl, rdata.length);
      value.set(rdata, 12);
      cache.put(length, value, 12 + rdata.length);
    }
    length = cache.end - cache.start;
    signed.octets = cache.octets;
    signed.start = signed.plainEnd = cache.start;
    signed.end = cache.end;
    signed.count = 0;
    signed.signatureCount = 1;
    return made;
  }

  private nsec(names: Uint8Array, start: number, end: number, ttl: number): SigningResult {
    const zoneKey = this.deps.denialKeys();
    if (!zoneKey) return 'no key';
    const { key, bitmap, cache, signed } = this;
    let length = this.putKey(names, start, end, RRType.NSEC, zoneKey.tag, ttl);
    for (let index = 0; index < bitmap.length; index += 1) key[length++] = bitmap.octets[index]!;
    for (let index = 0; index < keyPadding; index += 1) key[length + index] = 0;
    if (!cache.find(length)) {
      if (!this.budget.take(this.asker, this.deps.clock())) return 'too much';
      cache.put(length, this.value, this.makeNsec(names, start, end, ttl, zoneKey));
    }
    const { octets, start: at } = cache;
    signed.octets = octets;
    signed.start = at;
    signed.plainEnd = at + 12 + ((octets[at + 10]! << 8) | octets[at + 11]!);
    signed.end = cache.end;
    signed.count = signed.signatureCount = 1;
    return made;
  }

  /** Writes NSEC and RRSIG to `value`. @returns their octets */
  private makeNsec(names: Uint8Array, start: number, end: number, ttl: number, zoneKey: ZoneKey): number {
    const { data, value, bitmap } = this;
    const { apex } = this.deps.view;
    const prefix = 18 + apex.length;
    // The first record in `value`, then the same in `data` with its owner whole.
    let at = successorInto(names, start, end, value, 12);
    for (let index = 0; index < bitmap.length; index += 1) value[at++] = bitmap.octets[index]!;
    recordHead(value, 0, RRType.NSEC, ttl, at - 12);
    const { inception, expiration } = this.validity();
    const wildcard = names[start] === 1 && names[start + 1] === 0x2a ? 1 : 0;
    u16(data, 0, RRType.NSEC);
    data[2] = zoneKey.algorithm;
    data[3] = labelCount(names, start) - wildcard;
    u32(data, 4, ttl);
    u32(data, 8, expiration);
    u32(data, 12, inception);
    u16(data, 16, zoneKey.tag);
    for (let index = 0; index < apex.length; index += 1) data[18 + index] = apex[index]!;
    let to = prefix;
    for (let index = start; index < end; index += 1) data[to++] = names[index]!;
    for (let index = 2; index < at; index += 1) data[to++] = value[index]!;

    const signature = signOctets(zoneKey.algorithm, zoneKey.privateKey, data.subarray(0, to));
    recordHead(value, at, RRType.RRSIG, ttl, prefix + signature.length);
    at += 12;
    for (let index = 0; index < prefix; index += 1) value[at++] = data[index]!;
    for (let index = 0; index < signature.length; index += 1) value[at++] = signature[index]!;
    return at;
  }

  private putKey(names: Uint8Array, start: number, end: number, type: number, tag: number, more: number): number {
    const { key } = this;
    u16(key, 0, type);
    u16(key, 2, tag);
    u32(key, 4, more);
    let at = 8;
    for (let index = start; index < end; index += 1) key[at++] = names[index]!;
    return at;
  }

  private validity(): { inception: number; expiration: number } {
    const now = Math.floor(this.deps.clock() / 1_000);
    return { inception: now - validity.before, expiration: now + validity.after };
  }
}

function rdatasOf({ octets, start, plainEnd }: StoredSet): Uint8Array[] {
  const rdatas: Uint8Array[] = [];
  for (let at = start; at < plainEnd;) {
    const next = at + 12 + ((octets[at + 10]! << 8) | octets[at + 11]!);
    rdatas.push(octets.slice(at + 12, next));
    at = next;
  }
  return rdatas;
}

/** Owner (the question), type, class, TTL and length of a record. */
function recordHead(octets: Uint8Array, at: number, type: number, ttl: number, rdataLength: number): void {
  octets[at] = 0xc0;
  octets[at + 1] = 12;
  u16(octets, at + 2, type);
  u16(octets, at + 4, RRClass.IN);
  u32(octets, at + 6, ttl);
  u16(octets, at + 10, rdataLength);
}

function u16(octets: Uint8Array, at: number, value: number): void {
  octets[at] = value >> 8;
  octets[at + 1] = value;
}

function u32(octets: Uint8Array, at: number, value: number): void {
  octets[at] = value >>> 24;
  octets[at + 1] = value >>> 16;
  octets[at + 2] = value >>> 8;
  octets[at + 3] = value;
}
