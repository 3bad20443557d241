import { createHash } from 'node:crypto';
import { nsec3, RRType, type Name, type Nsec3 } from '@callbook/dns';
import type { ClaimedSet } from './answer.js';
import type { Budget } from './budget.js';
import { ancestorOf, denialAt, handsOverBelow, type Denial, type DenialProofs } from './denial.js';

/**
 * More than this and a zone is treated as insecure (RFC 9276 §3.2): iterations protect nobody and let a zone spend its
 * checkers' time (CVE-2023-50868).
 */
const mostIterations = 50;

const sha1 = 1;
const hashOctets = 20;
const optOutFlag = 1;

interface Span {
  readonly claimed: ClaimedSet;
  readonly owner: Buffer;
  readonly next: Buffer;
  readonly types: ReadonlySet<number>;
  readonly optOut: boolean;
}

/**
 * Denial by hashed names (RFC 5155 §8).
 * @param sets NSEC3 RRsets as they came
 * @param holds whether `zone` signed a set, and not as a wildcard; asked for those that matter only
 */
export function nsec3Proofs(
  zone: Name,
  sets: readonly ClaimedSet[],
  holds: (claimed: ClaimedSet) => boolean,
  budget: Budget,
): DenialProofs {
  // RFC 5155 §8.2: no unknown hash, no unknown flag; owners right below the apex.
  const usable = sets
    .filter(({ set }) => set.name.labelCount === zone.labelCount + 1 && set.name.isWithin(zone))
    .flatMap((claimed) => claimed.set.rdatas.map((rdata) => ({ claimed, record: nsec3.read(rdata) })))
    .filter(({ record }) => record.hashAlgorithm === sha1 && record.flags <= optOutFlag);
  // Whether to hash at all is the zone's word, not that of whoever put a record into the reply.
  const parameters = usable.find(({ claimed }) => holds(claimed))?.record;
  if (!parameters) return { deny: () => undefined, denyCloser: () => undefined };
  if (parameters.iterations > mostIterations) {
    return { deny: () => ({ kind: 'unprovable' }), denyCloser: () => 'unprovable' };
  }
  const spans: Span[] = usable
    .filter(({ record }) => sameParameters(record, parameters))
    .map(({ claimed, record }) => ({
      claimed,
      owner: octetsOfBase32Hex(claimed.set.name.labels[0] as Uint8Array),
      next: Buffer.from(record.next),
      types: new Set(record.types),
      optOut: (record.flags & optOutFlag) !== 0,
    }))
    .filter(({ owner, next }) => owner.length === hashOctets && next.length === hashOctets);

  const hashes = new Map<string, Buffer>();
  const hashOf = (name: Name): Buffer => {
    const known = hashes.get(name.key);
    if (known) return known;
    budget.spendHashes(parameters.iterations + 1);
    const hash = hashName(name, parameters);
    hashes.set(name.key, hash);
    return hash;
  };
  const at = (name: Name): Span | undefined => {
    const hash = hashOf(name);
    return spans.find((span) => span.owner.equals(hash) && holds(span.claimed));
  };
  const covering = (name: Name): Span | undefined => {
    const hash = hashOf(name);
    return spans.find((span) => covers(span, hash) && holds(span.claimed));
  };

  /** RFC 5155 §8.3: the longest existing ancestor, and the proof that the name one label longer does not exist. */
  const closestEncloser = (name: Name): { encloser: Name; cover: Span } | undefined => {
    let nextCloser = name;
    while (nextCloser.labelCount > zone.labelCount) {
      const encloser = nextCloser.parent();
      const exact = at(encloser);
      if (exact) {
        const cover = handsOverBelow(exact.types) ? undefined : covering(nextCloser);
        return cover && { encloser, cover };
      }
      nextCloser = encloser;
    }
    return undefined;
  };

  return {
    deny(name, type): Denial | undefined {
      if (!name.isWithin(zone)) return undefined;
      const exact = at(name);
      if (exact) return denialAt(name, exact.types, type);
      const closest = closestEncloser(name);
      if (!closest) return undefined;
      const { encloser, cover } = closest;
      // §8.6: below an opt-out span may hide an unsigned delegation.
      if (type === RRType.DS && cover.optOut) return { kind: 'unprovable' };
      const wildcard = encloser.wire.length + 2 <= 255 ? encloser.prepend('*') : undefined;
      const wildcardExact = wildcard && at(wildcard);
      if (wildcard && wildcardExact) {
        const denial = denialAt(wildcard, wildcardExact.types, type);
        if (denial?.kind !== 'nodata') return denial;
        return cover.optOut ? { kind: 'unprovable' } : { kind: 'nodata', delegation: false };
      }
      if (wildcard && !covering(wildcard)) return undefined;
      return cover.optOut ? { kind: 'unprovable' } : { kind: 'nxdomain' };
    },

    denyCloser(name, labels) {
      const cover = covering(ancestorOf(name, labels + 1));
      if (!cover) return undefined;
      return cover.optOut ? 'unprovable' : 'denied';
    },
  };
}

/** RFC 5155 §5. */
export function hashName(name: Name, { salt, iterations }: Pick<Nsec3, 'salt' | 'iterations'>): Buffer {
  let hash = createHash('sha1').update(name.lower().wire).update(salt).digest();
  for (let round = 0; round < iterations; round += 1) hash = createHash('sha1').update(hash).update(salt).digest();
  return hash;
}

function covers({ owner, next }: Span, hash: Buffer): boolean {
  const afterOwner = Buffer.compare(owner, hash) < 0;
  const beforeNext = Buffer.compare(hash, next) < 0;
  return Buffer.compare(owner, next) < 0 ? afterOwner && beforeNext : afterOwner || beforeNext;
}

function sameParameters(a: Nsec3, b: Nsec3): boolean {
  return a.iterations === b.iterations && Buffer.compare(a.salt, b.salt) === 0;
}

const digits = '0123456789abcdefghijklmnopqrstuv';

/** RFC 4648 §7 without padding; what is no digit makes a hash that matches nothing. */
function octetsOfBase32Hex(label: Uint8Array): Buffer {
  const octets: number[] = [];
  let bits = 0;
  let value = 0;
  for (const character of Buffer.from(label).toString('latin1').toLowerCase()) {
    const digit = digits.indexOf(character);
    if (digit < 0) return Buffer.alloc(0);
    value = ((value << 5) | digit) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      octets.push((value >> bits) & 0xff);
    }
  }
  return Buffer.from(octets);
}
