import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLog } from './log.js';
import { repeat } from './rounds.js';

const log = createLog('test', 'silent');

describe('rounds', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
  afterEach(() => void vi.useRealTimers());

  it('begin again after a failure, later and later, and soon after one that lasted', async () => {
    const began: number[] = [];
    let lasting = 0;
    const rounds = repeat('test.failed', log, async () => {
      began.push(performance.now());
      if (lasting > 0) await new Promise((resolve) => setTimeout(resolve, lasting));
      throw new Error('no server');
    });
    await vi.advanceTimersByTimeAsync(10_000);
    const pauses = began.slice(1).map((time, index) => Math.round(time - began[index]!));
    expect(pauses.slice(0, 6)).toEqual([200, 400, 800, 1_600, 2_000, 2_000]);

    lasting = 10_000;
    began.length = 0;
    await vi.advanceTimersByTimeAsync(30_000);
    expect(Math.round(began[1]! - began[0]!)).toBe(10_100);
    const stopped = rounds.stop();
    await vi.advanceTimersByTimeAsync(20_000);
    await stopped;
  });

  it('end at once when stopped between two', async () => {
    const rounds = repeat('test.failed', log, async () => {
      throw new Error('no server');
    });
    await vi.advanceTimersByTimeAsync(5_000);
    await rounds.stop();
    expect(vi.getTimerCount()).toBe(0);
  });
});
