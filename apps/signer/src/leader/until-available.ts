import { callbookError } from '@callbook/contracts';
import { errorFields, type Log } from '@callbook/process';
import { setTimeout as pause } from 'node:timers/promises';

/** Tries for as long as what is missing may come: at start, servers come up in any order. */
export async function untilAvailable<T>(log: Log, act: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await act();
    } catch (error) {
      if (callbookError(error).retry !== 'later') throw error;
      log.warn('start.waits', errorFields(error));
      await pause(500);
    }
  }
}
