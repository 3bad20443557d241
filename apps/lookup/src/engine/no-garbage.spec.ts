import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const packets = 4_000_000;

it('moving packets makes nothing that must be collected: not even a word for each of millions', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    // A young generation of one MiB would be full some thirty times if a packet left as much as one small number.
    ...['--trace-gc', '--max-semi-space-size=1'],
    fileURLToPath(new URL('./batches-thread.fixture.mjs', import.meta.url)),
    String(packets),
  ]);
  const [, since] = stdout.split('warm\n');
  expect(since).toContain('moved');
  // The event loop has a turn after 4,096 packets, and what it makes is its own.
  expect(since!.match(/Scavenge|Mark-Compact/g)?.length ?? 0).toBeLessThan(12);
}, 60_000);
