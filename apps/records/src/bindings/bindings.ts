import type { Binding, BindingContent, FlattenedJws, Statement } from '@callbook/contracts';
import type { Proved } from '../attestations/check-attestation.js';
import type { Head } from './sequence-rule.js';

/** A statement that was taken, with the JWS that carried it as it came and the directory's countersignature. */
export interface TakenStatement {
  readonly identifier: string;
  readonly account: string;
  readonly sequence: number;
  readonly hash: string;
  readonly proof: FlattenedJws;
  readonly countersignature: string;
  /** Milliseconds since 1970. */
  readonly publishedAt: number;
}

/** The newest statement of an identifier, and how the identifier was proved. */
export interface Current extends Head {
  readonly proved: Proved;
  readonly statement: TakenStatement;
}

/** A statement about to be taken, with all that is written together with it. */
export interface NewStatement {
  readonly statement: TakenStatement;
  /** The hash of the statement before; absent for the first. */
  readonly previous: string | undefined;
  readonly proved: Proved;
  readonly content: BindingContent;
  /** Message id of the event. */
  readonly eventId: string;
}

/** Bindings, their history and the events that tell of them. All errors of the database are UNAVAILABLE or INTERNAL. */
export interface Bindings {
  current(identifier: string): Promise<Current | undefined>;
  /** A statement that was taken at some time, by its place in the chain. */
  taken(identifier: string, sequence: number): Promise<TakenStatement | undefined>;
  /**
   * Binding, history and event, all or nothing, if the chain still ends where `previous` and the sequence say; false if it does not.
   * An error leaves open whether it happened.
   */
  take(next: NewStatement): Promise<boolean>;
  /** In order of identifier, octet by octet. */
  page(after: string | undefined, limit: number): Promise<readonly BindingContent[]>;
}

/** A binding as its holder sees it. */
export const bindingOf = (taken: TakenStatement, statement: Statement): Binding => ({
  identifier: taken.identifier,
  sequence: taken.sequence,
  hash: taken.hash,
  statement,
  proof: taken.proof,
  attestation: taken.countersignature,
  publishedAt: new Date(taken.publishedAt).toISOString(),
});
