import { expect, it } from 'vitest';
import { evictionPolicy } from './redis.js';

it('finds the eviction policy among what Redis says of its memory', () => {
  expect(evictionPolicy('# Memory\r\nused_memory:1\r\nmaxmemory_policy:allkeys-lru\r\nx:1\r\n')).toBe('allkeys-lru');
  expect(evictionPolicy('maxmemory_policy:noeviction')).toBe('noeviction');
  expect(evictionPolicy('used_memory:1')).toBe('unknown');
});
