import { describe, expect, it } from 'vitest';
import { refuseJumpedClock } from './clock-guard.js';

const now = Date.parse('2026-11-25T12:00:00Z');
const hour = 3_600_000;
const sound = { now, database: now, lastInception: now / 1_000 - 3_600 };

describe('a clock', () => {
  it('that agrees with the database and goes forward may sign', () => {
    expect(() => refuseJumpedClock(sound)).not.toThrow();
    expect(() => refuseJumpedClock({ ...sound, database: now + hour })).not.toThrow();
  });

  it('that went back behind a signature already made may not', () => {
    expect(() => refuseJumpedClock({ ...sound, lastInception: now / 1_000 + 1 })).toThrow('behind');
  });

  it.each([hour + 1, -hour - 1])('that is %i ms off the database may not', (off) => {
    expect(() => refuseJumpedClock({ ...sound, database: now + off })).toThrow('off the database');
  });

  it('is asked again later', () => {
    expect(() => refuseJumpedClock({ ...sound, database: 0 })).toThrow(expect.objectContaining({ retry: 'later' }));
  });
});
