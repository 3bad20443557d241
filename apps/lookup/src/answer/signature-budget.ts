/** How much an asker has done to be believed: nothing, shown that packets reach it, held a connection. */
export const trust = { none: 0, cookie: 1, stream: 2 } as const;
export type Trust = (typeof trust)[keyof typeof trust];

/**
 * Signing on line takes as long as many answers from memory: of each second no more than so many signatures are spent on UDP, and of those no more
 * than half on askers whose address may be forged. What is left for the others is theirs.
 */
export class SignatureBudget {
  private balance: number;
  private then = 0;

  constructor(private readonly perSecond: number) {
    this.balance = perSecond;
  }

  /** @param now milliseconds */
  take(from: Trust, now: number): boolean {
    const passed = now - this.then;
    if (passed !== 0) {
      // A clock that was put back pays in nothing, once.
      if (passed > 0) this.balance = Math.min(this.perSecond, this.balance + (passed * this.perSecond) / 1_000);
      this.then = now;
    }
    if (from === trust.none && this.balance <= this.perSecond / 2) return false;
    if (from === trust.cookie && this.balance < 1) return false;
    if (this.balance >= 1) this.balance -= 1;
    return true;
  }
}
