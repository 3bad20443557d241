import { RRType, type Name } from '@callbook/dns';

/**
 * What signed records prove about a name and type.
 *
 * - `nodata`: the name exists, or a wildcard answers for it, without that type. `delegation`: the name is a zone cut,
 *   seen from above it.
 * - `nxdomain`: the name does not exist, and no wildcard answers for it.
 * - `unprovable`: the zone chose not to be able to say (opt-out, or more iterations than we hash): insecure, not false.
 */
export type Denial =
  | { readonly kind: 'nodata'; readonly delegation: boolean }
  | { readonly kind: 'nxdomain' }
  | { readonly kind: 'unprovable' };

/** Proofs by the NSEC or by the NSEC3 records of one zone. */
export interface DenialProofs {
  /** undefined: not proven. */
  deny(name: Name, type: number): Denial | undefined;
  /** Whether no name closer to `name` than the wildcard that answered for it exists: `labels` is its RRSIG's field. */
  denyCloser(name: Name, labels: number): 'denied' | 'unprovable' | undefined;
}

/** A name that exists nowhere has no other type (RFC 9824 §3.1; NSEC3 leaves out the first two, §4). */
const nxnameTypes: ReadonlySet<number> = new Set([RRType.RRSIG, RRType.NSEC, RRType.NXNAME]);

/**
 * What a type bitmap at the very name proves about `type` there (RFC 4035 §5.4, RFC 6840 §4.1 and §4.4, RFC 9824 §3).
 * At a cut there are two: the parent's (NS, no SOA) speaks for DS only, and the child's (SOA) for all but DS.
 */
export function denialAt(name: Name, types: ReadonlySet<number>, type: number): Denial | undefined {
  if (types.has(RRType.NXNAME))
    return [...types].every((held) => nxnameTypes.has(held)) ? { kind: 'nxdomain' } : undefined;
  if (types.has(type) || types.has(RRType.CNAME)) return undefined;
  const delegation = isDelegation(types);
  const parentSide = type === RRType.DS;
  if (parentSide ? types.has(RRType.SOA) && name.labelCount > 0 : delegation) return undefined;
  return { kind: 'nodata', delegation };
}

export function isDelegation(types: ReadonlySet<number>): boolean {
  return types.has(RRType.NS) && !types.has(RRType.SOA);
}

/** Whether a bitmap's owner hands over what is below it, so that its zone cannot deny names there (RFC 6840 §4.1, RFC 6672 §5.3.4). */
export function handsOverBelow(types: ReadonlySet<number>): boolean {
  return isDelegation(types) || types.has(RRType.DNAME);
}

/** The ancestor of `name` with `labels` labels, or the name itself. */
export function ancestorOf(name: Name, labels: number): Name {
  let ancestor = name;
  for (let count = name.labelCount; count > labels; count -= 1) ancestor = ancestor.parent();
  return ancestor;
}
