/** Milliseconds. */
export interface DenialRotationPolicy {
  /** A denial key signs for so long. */
  readonly denialKeyEvery: number;
  /** The most that a look-up replica may be behind, what it keeps of its own proofs included. */
  readonly replicaLag: number;
  /** TTL of the DNSKEY set. */
  readonly zoneTtl: number;
}

/** A denial key that the zone shows, or shall show. */
export interface RotatingKey {
  readonly tag: number;
  /** Unix seconds; undefined until its DNSKEY is known to be shown. */
  readonly signsFrom: number | undefined;
}

export interface DenialKeysDue {
  /** The next key is to be made and shown. */
  readonly make: boolean;
  /** Tags of keys whose DNSKEY is to be shown no more. */
  readonly retire: readonly number[];
}

/** Seconds until every cache and every replica has what was published, and nobody what it replaced. */
const settled = ({ replicaLag, zoneTtl }: DenialRotationPolicy, ttlBefore = 0) =>
  Math.ceil((replicaLag + Math.max(zoneTtl, ttlBefore)) / 1_000);

/**
 * Pre-publication (RFC 6781 §4.1.1.1, RFC 7583 §3.2.1) for a key that signs on line. With `settled` for the TTL of the DNSKEY set and the
 * lag of replicas:
 *
 *   key n signs from S(n); n + 1 is shown from S(n) + every - settled, so that S(n+1) = S(n) + every; n is shown until S(n+1) + settled.
 *
 * Before S(n+1) a cache may hold a DNSKEY set without n + 1, and nobody signs with it; until S(n+1) + lag a replica that is behind signs
 * with n, and until a TTL later somebody may want to verify that. `keys`: newest first. `now`: Unix seconds.
 */
export function denialKeysDue(keys: readonly RotatingKey[], now: number, policy: DenialRotationPolicy): DenialKeysDue {
  const wait = settled(policy);
  const newest = keys[0];
  const make =
    newest === undefined ||
    (newest.signsFrom !== undefined && now >= newest.signsFrom + Math.floor(policy.denialKeyEvery / 1_000) - wait);
  const successor = keys.findIndex(({ signsFrom }) => signsFrom !== undefined && now >= signsFrom + wait);
  return { make, retire: successor < 0 ? [] : keys.slice(successor + 1).map(({ tag }) => tag) };
}

/** From when a key may sign whose DNSKEY is shown since `now` (Unix seconds), in a set that had the TTL `ttlBefore` (milliseconds) before. */
export const signsFromOf = (now: number, policy: DenialRotationPolicy, ttlBefore: number): number =>
  now + settled(policy, ttlBefore);

/** So that no more than two denial keys are shown at a time, one is withdrawn before the one after next is shown. */
export const shortestRotation = (policy: Omit<DenialRotationPolicy, 'denialKeyEvery'>): number =>
  2 * (policy.replicaLag + policy.zoneTtl);
