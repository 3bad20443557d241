import { CallbookError } from '@callbook/contracts';

const hour = 3_600_000;

export interface ClockReading {
  /** Milliseconds since 1970, of this process and of the database. */
  readonly now: number;
  readonly database: number;
  /** Newest inception of any signature made, Unix seconds. */
  readonly lastInception: number;
}

/**
 * A clock that jumped makes signatures that nobody can use, now or at the next jump: better none. Errors: UNAVAILABLE, retry later.
 */
export function refuseJumpedClock({ now, database, lastInception }: ClockReading): void {
  if (now / 1_000 < lastInception)
    throw new CallbookError('UNAVAILABLE', 'the clock is behind the last signature', { retry: 'later' });
  if (Math.abs(now - database) > hour)
    throw new CallbookError('UNAVAILABLE', "the clock is over an hour off the database's", { retry: 'later' });
}
