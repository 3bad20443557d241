import type { StatementInput } from '@callbook/contracts';

/** What one person asked for and was told, in order. */
export interface Account {
  readonly number: string;
  /** Statements that were sent at least once; the last one may be taken or not, until somebody is told. */
  readonly attempted: StatementInput[];
  /** Sequence of the last statement of which the directory said that it is taken. */
  acknowledged: number;
  /** Sequence of the last statement of which it said that every replica serves it. */
  served: number;
}

/** All that people were told: what the directory has to keep, whatever happens to it. */
export class Ledger {
  private readonly accounts = new Map<string, Account>();

  of(number: string): Account {
    const known = this.accounts.get(number) ?? { number, attempted: [], acknowledged: 0, served: 0 };
    this.accounts.set(number, known);
    return known;
  }

  all(): Account[] {
    return [...this.accounts.values()];
  }

  acknowledged(): Account[] {
    return this.all().filter(({ acknowledged }) => acknowledged > 0);
  }
}
