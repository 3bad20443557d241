import { callbookError } from '@callbook/contracts';
import { errorFields, type Log } from '@callbook/process';
import { setTimeout as pause } from 'node:timers/promises';

/** Tries for as long as what is missing may come, servers come up in any order; but no longer than the signal lets it. */
export async function untilAvailable<T>(log: Log, signal: AbortSignal, act: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await act();
    } catch (error) {
      if (signal.aborted || callbookError(error).retry !== 'later') throw error;
      log.warn('start.waits', errorFields(error));
      await pause(500, undefined, { signal });
    }
  }
}
