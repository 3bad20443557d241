import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { withFileLock } from './file-lock.js';

const dir = mkdtempSync(path.join(tmpdir(), 'callbook-lock-'));
const file = path.join(dir, 'lock');

it('lets one in at a time, also past a holder that has died', async () => {
  writeFileSync(file, JSON.stringify({ pid: 999_999_999, started: '1' }));
  let inside = 0;
  let most = 0;
  await Promise.all(
    Array.from({ length: 8 }, () =>
      withFileLock(file, async () => {
        most = Math.max(most, ++inside);
        await sleep(5);
        inside -= 1;
      }),
    ),
  );
  expect(most).toBe(1);
  expect(readdirSync(dir)).toEqual([]);
});

it('is free again after work that failed', async () => {
  await expect(withFileLock(file, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await withFileLock(file, async () => 'next')).toBe('next');
  rmSync(dir, { recursive: true });
});
