import { compactDenial, signRRset, type ZoneKey } from '@callbook/dnssec';
import type { Name, RR } from '@callbook/dns';
import type { SignedSet } from './zone.js';

/** Signs proofs that a name, or a type at a name, does not exist, at the moment they are asked for (RFC 9824). */
export interface DenialSigner {
  /** `ttl`: the lesser of the SOA's TTL and MINIMUM (RFC 9077 §3). Undefined while there is no key that the zone shows. */
  deny(name: Name, existing: readonly number[] | 'nxname', ttl: number): SignedSet | undefined;
}

/** Seconds. A proof outlives the negative TTL by far, and is worthless soon enough when a name comes into being. */
const validity = { before: 3_600, after: 2 * 86_400 };

/** Proofs are kept for one to two of these, and then forgotten with the names that were asked. */
const generation = { milliseconds: 15_000, proofs: 4_096 };

export function createDenialSigner(deps: {
  apex: Name;
  key: () => ZoneKey | undefined;
  clock: () => number;
}): DenialSigner {
  const kept = new TwoGenerations<SignedSet>(generation.proofs);
  setInterval(() => kept.age(), generation.milliseconds).unref();

  return {
    deny: (name, existing, ttl) => {
      const key = deps.key();
      if (!key) return undefined;
      const id = `${key.tag}/${ttl}/${existing === 'nxname' ? 'x' : existing.join()}/${name.key}`;
      return kept.get(id) ?? kept.keep(id, sign(name, existing, ttl, key));
    },
  };

  function sign(name: Name, existing: readonly number[] | 'nxname', ttl: number, key: ZoneKey): SignedSet {
    const set = compactDenial(name, existing, ttl);
    const now = Math.floor(deps.clock() / 1_000);
    const signature: RR = signRRset(
      set,
      { key, signer: deps.apex },
      { inception: now - validity.before, expiration: now + validity.after },
    );
    return { set, signatures: [signature] };
  }
}

/** A cache that forgets everything within two ages, and never holds more than twice its size: old entries go together, not one by one. */
class TwoGenerations<T> {
  private young = new Map<string, T>();
  private old = new Map<string, T>();

  constructor(private readonly size: number) {}

  get(id: string): T | undefined {
    return this.young.get(id) ?? this.old.get(id);
  }

  keep(id: string, value: T): T {
    if (this.young.size >= this.size) this.age();
    this.young.set(id, value);
    return value;
  }

  age(): void {
    this.old = this.young;
    this.young = new Map();
  }
}
