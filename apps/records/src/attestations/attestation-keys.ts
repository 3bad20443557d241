import type { ClientOf, identity, PublicJwk } from '@callbook/contracts';
import type { Clock } from '@callbook/process';

/** What checking attestations needs of `identity`: one read. */
export type KeySource = Pick<ClientOf<typeof identity>, 'attestation.keys'>;

/** Milliseconds. A key that `identity` withdrew is trusted no longer than `maximumAge`. */
export const maximumAge = 5 * 60_000;
/** Attestations that name keys which do not exist cause one request in this time, however many come. */
export const refetchAfter = 5_000;

/**
 * The public attestation keys, kept by `kid`. They are fetched when first needed, when a `kid` is unknown, and when they are old; requests
 * that wait for the same answer share it. A fetch that fails is not counted: the next attestation tries again.
 */
export class AttestationKeys {
  private keys: ReadonlyMap<string, PublicJwk> = new Map();
  private fetchedAt = Number.NEGATIVE_INFINITY;
  private fetching: Promise<void> | undefined;

  constructor(
    private readonly source: KeySource,
    private readonly clock: Clock,
  ) {}

  /** Undefined when `identity` has no such key, or was asked too short a while ago. Errors: UNAVAILABLE. */
  async find(kid: string): Promise<PublicJwk | undefined> {
    const age = this.clock() - this.fetchedAt;
    const known = this.keys.get(kid);
    if (known ? age > maximumAge : age >= refetchAfter) {
      await (this.fetching ??= this.fetch().finally(() => (this.fetching = undefined)));
      return this.keys.get(kid);
    }
    return known;
  }

  private async fetch(): Promise<void> {
    const { keys } = await this.source['attestation.keys']({});
    this.keys = new Map(keys.flatMap((key) => (typeof key['kid'] === 'string' ? [[key['kid'], key] as const] : [])));
    this.fetchedAt = this.clock();
  }
}
