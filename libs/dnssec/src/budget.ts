import { DnssecError } from './errors.js';

/** What one validation may cost at most. */
export interface Limits {
  /** Signature verifications. */
  readonly signatures: number;
  /** Questions asked. */
  readonly questions: number;
  /** Digests of DS records and rounds of NSEC3 hashing. */
  readonly hashes: number;
}

/**
 * Far above what honest zones need (a 20-label name under NSEC3 takes about 60 verifications), and some tens of
 * milliseconds of work.
 */
export const defaultLimits: Limits = { signatures: 128, questions: 64, hashes: 10_000 };

/**
 * A hostile zone chooses how many keys, signatures, DS records and hash rounds it shows; their product must not choose
 * how long we work (KeyTrap CVE-2023-50387, CVE-2023-50868).
 */
export class Budget {
  #signatures: number;
  #questions: number;
  #hashes: number;

  constructor(limits: Limits) {
    this.#signatures = limits.signatures;
    this.#questions = limits.questions;
    this.#hashes = limits.hashes;
  }

  spendSignature(): void {
    this.#signatures = spend(this.#signatures, 1, 'signatures');
  }

  spendQuestion(): void {
    this.#questions = spend(this.#questions, 1, 'questions');
  }

  spendHashes(rounds: number): void {
    this.#hashes = spend(this.#hashes, rounds, 'hashes');
  }
}

/** @throws DnssecError VALIDATION_LIMIT */
function spend(left: number, amount: number, what: string): number {
  if (left < amount) throw new DnssecError('VALIDATION_LIMIT', `answer would take more ${what} than one may`);
  return left - amount;
}
