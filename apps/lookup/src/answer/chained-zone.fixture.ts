import { createHash } from 'node:crypto';
import {
  dnskey,
  Name,
  nsec,
  nsec3,
  nsec3param,
  readZoneFile,
  rrsetsOf,
  RRType,
  type RR,
  type RRset,
} from '@callbook/dns';
import { signRRset } from '@callbook/dnssec';
import { apex, denialKey, now, zoneKeys } from '../signed-zone.fixture.js';

export type Chain = 'compact' | 'nsec' | 'nsec3' | 'nsec3 with opt-out' | 'unsigned';
export const chains: readonly Chain[] = ['unsigned', 'compact', 'nsec', 'nsec3', 'nsec3 with opt-out'];

const parameters = { hashAlgorithm: 1, flags: 0, iterations: 2, salt: Uint8Array.of(0xab, 0xcd) };
const negativeTtl = 60;
const validity = { inception: now / 1_000 - 3_600, expiration: now / 1_000 + 86_400 };

/** A zone from its text, signed as a zone signer would (RFC 4035 §2), with the chain that is asked for. Worked out the slow way. */
export function chainedZone(text: string, chain: Chain): RR[] {
  const plain = readZoneFile(text, { origin: apex, ttl: 300 });
  if (chain === 'unsigned') return plain;
  const keys = [zoneKeys.ksk, zoneKeys.zsk, denialKey].map(
    ({ rdata }) => `@ 3600 DNSKEY ${dnskey.writeText(dnskey.read(rdata))}\n`,
  );
  const records = [...plain, ...readZoneFile(keys.join(''), { origin: apex })];
  if (chain === 'nsec3' || chain === 'nsec3 with opt-out')
    records.push(record(apex, RRType.NSEC3PARAM, 0, nsec3param.write(parameters)));
  const zone = new PlainZone(records);
  const links =
    chain === 'compact' ? [] : chain === 'nsec' ? nsecs(zone) : nsec3s(zone, chain === 'nsec3 with opt-out');
  const signed = rrsetsOf([...records, ...links]).filter(({ name, type }) => zone.isSigned(name, type));
  return [...records, ...links, ...signed.map(sign)];
}

function sign(set: RRset): RR {
  return signRRset(set, { key: set.type === RRType.DNSKEY ? zoneKeys.ksk : zoneKeys.zsk, signer: apex }, validity);
}

const record = (name: Name, type: number, ttl: number, rdata: Uint8Array): RR => ({ name, type, class: 1, ttl, rdata });

class PlainZone {
  private readonly sets: RRset[];

  constructor(records: readonly RR[]) {
    this.sets = rrsetsOf(records);
  }

  /** Names that are the zone's own, in canonical order; with `empty` those too that only others are below. */
  names({ empty }: { empty: boolean }): Name[] {
    const names = new Map<string, Name>();
    for (const { name } of this.sets) {
      if (this.isOccluded(name)) continue;
      for (let above = name; ; above = above.parent()) {
        if (above.equals(name) || empty) names.set(above.key, above);
        if (above.equals(apex)) break;
      }
    }
    return [...names.values()].sort((a, b) => Name.compare(a, b));
  }

  typesAt(name: Name): number[] {
    return this.sets
      .filter((set) => set.name.equals(name))
      .map(({ type }) => type)
      .filter((type) => !this.isCut(name) || type === RRType.NS || type === RRType.DS)
      .sort((a, b) => a - b);
  }

  isCut(name: Name): boolean {
    return !name.equals(apex) && this.sets.some((set) => set.type === RRType.NS && set.name.equals(name));
  }

  isOccluded(name: Name): boolean {
    return this.sets.some(
      (set) =>
        (set.type === RRType.DNAME || (set.type === RRType.NS && !set.name.equals(apex))) &&
        name.isWithin(set.name) &&
        !name.equals(set.name),
    );
  }

  isSigned(name: Name, type: number): boolean {
    if (type === RRType.NSEC3) return true;
    return !this.isOccluded(name) && (!this.isCut(name) || type === RRType.DS || type === RRType.NSEC);
  }

  /** Nothing below or at the name is signed. */
  isInsecure(name: Name): boolean {
    const below = this.names({ empty: false }).filter((each) => each.isWithin(name));
    return below.every((each) => this.isCut(each) && !this.typesAt(each).includes(RRType.DS));
  }
}

function nsecs(zone: PlainZone): RR[] {
  const names = zone.names({ empty: false });
  return names.map((name, index) => {
    const types = [...zone.typesAt(name), RRType.RRSIG, RRType.NSEC].sort((a, b) => a - b);
    return record(name, RRType.NSEC, negativeTtl, nsec.write({ next: names[(index + 1) % names.length]!, types }));
  });
}

function nsec3s(zone: PlainZone, optOut: boolean): RR[] {
  const hashed = zone
    .names({ empty: true })
    .filter((name) => !optOut || !zone.isInsecure(name))
    .map((name) => ({ name, hash: hashOf(name) }))
    .sort((a, b) => Buffer.compare(a.hash, b.hash));
  return hashed.map(({ name, hash }, index) => {
    const types = zone.typesAt(name);
    const isSigned = types.some((type) => zone.isSigned(name, type));
    const rdata = nsec3.write({
      ...parameters,
      flags: optOut ? 1 : 0,
      next: hashed[(index + 1) % hashed.length]!.hash,
      types: [...types, ...(isSigned ? [RRType.RRSIG] : [])].sort((a, b) => a - b),
    });
    return record(apex.prepend(base32hex(hash)), RRType.NSEC3, negativeTtl, rdata);
  });
}

function hashOf(name: Name): Buffer {
  let hash: Uint8Array = name.lower().wire;
  for (let round = 0; round <= parameters.iterations; round += 1)
    hash = createHash('sha1').update(hash).update(parameters.salt).digest();
  return Buffer.from(hash);
}

function base32hex(hash: Buffer): string {
  let text = '';
  for (let value = BigInt(`0x${hash.toString('hex')}`), n = 0; n < 32; n += 1, value >>= 5n)
    text = '0123456789abcdefghijklmnopqrstuv'[Number(value & 31n)]! + text;
  return text;
}
