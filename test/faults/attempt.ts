import { RefusedError } from '@callbook/sdk';
import { setTimeout as pause } from 'node:timers/promises';

export const identifierOf = (number: string) => `tel:${number}`;

/** Longest pause between two tries, milliseconds. */
const longestPause = 2_000;

/** Asks again until there is an answer, or the time is over. */
export class Attempt {
  /** How often nobody answered, or the answer was to come again, by the reason. */
  readonly setbacks = new Map<string, number>();

  constructor(private readonly deadline: number) {}

  /** Errors: when the time is over. */
  check(): void {
    if (performance.now() <= this.deadline) return;
    const met = [...this.setbacks].map(([reason, times]) => `${reason} ${times}`).join(', ');
    throw new Error(`the time is over for somebody who was told: ${met || 'nothing yet'}`);
  }

  /**
   * The answer. Whatever says nothing about the request itself is asked again: no connection, no answer, 503, 429 and 500.
   * Errors: RefusedError with what was refused for good, or with one of `codes`.
   */
  async untilAnswered<T>(act: () => Promise<T>, codes: readonly string[] = []): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      this.check();
      try {
        return await act();
      } catch (error) {
        const reason = reasonOf(error);
        if (reason === undefined || codes.includes(reason)) throw error;
        this.setbacks.set(reason, (this.setbacks.get(reason) ?? 0) + 1);
        const asked = error instanceof RefusedError ? (error.retryAfter ?? 0) * 1_000 : 0;
        await pause(Math.min(longestPause, Math.max(asked, 50 * 2 ** Math.min(tries, 5))));
      }
    }
  }
}

/** Why there was no answer; undefined for an answer that will not change. */
function reasonOf(error: unknown): string | undefined {
  if (error instanceof RefusedError) {
    const again = error.problem.status >= 500 || error.problem.status === 429 || error.code === 'badNonce';
    return again ? error.code : undefined;
  }
  // What fetch throws when there is no connection, when it breaks, and when the answer does not come.
  const { cause } = error as Error;
  if (error instanceof TypeError && error.message === 'fetch failed')
    return String((cause as { code?: unknown } | undefined)?.code ?? 'fetch failed');
  if (error instanceof TypeError && /terminated|other side closed/.test(error.message)) return 'connection broken';
  return undefined;
}
