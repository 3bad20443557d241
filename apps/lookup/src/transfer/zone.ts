import type { Name, RR } from '@callbook/dns';

/** One edition of a zone, which stays as it is until it is released, however long a client takes to read it. */
export interface PinnedZone {
  readonly apex: Name;
  readonly serial: number;
  readonly soa: RR;
  /** All records, the SOA first, the signatures among them. May be begun once. */
  records(): Iterable<RR>;
  /** Octets of all records, roughly: a history longer than this is no help. */
  readonly octets?: number;
  release(): void;
}

/** Undefined as long as there is no zone. */
export type PinZone = () => PinnedZone | undefined;
