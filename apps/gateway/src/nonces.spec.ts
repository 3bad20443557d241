import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createNonces, type SpentNonces } from './nonces.js';

/** What the key-value bucket does, in one process. */
const memorySpentNonces = (): SpentNonces => {
  const spent = new Set<string>();
  return { spend: async (id) => !spent.has(id) && !!spent.add(id) };
};

function setUp({ key = randomBytes(32), spent = memorySpentNonces() } = {}) {
  const time = { now: Date.parse('2026-01-01T00:00:00Z') };
  const nonces = createNonces({ key, lifetime: 600_000, clock: () => time.now, randomOctets: randomBytes, spent });
  return { nonces, time, key, spent };
}

describe('a nonce', () => {
  it('is good once', async () => {
    const { nonces } = setUp();
    const nonce = nonces.issue();
    await nonces.spend(nonce);
    await expect(nonces.spend(nonce)).rejects.toMatchObject({ code: 'BAD_NONCE' });
  });

  it('is good at another gateway that has the same key, and then nowhere', async () => {
    const here = setUp();
    const there = setUp({ key: here.key, spent: here.spent });
    const nonce = here.nonces.issue();
    await there.nonces.spend(nonce);
    await expect(here.nonces.spend(nonce)).rejects.toMatchObject({ code: 'BAD_NONCE' });
  });

  it('is good for ten minutes, and not a moment longer', async () => {
    const { nonces, time } = setUp();
    const [early, late] = [nonces.issue(), nonces.issue()];
    time.now += 600_000;
    await nonces.spend(early);
    time.now += 1;
    await expect(nonces.spend(late)).rejects.toMatchObject({ code: 'BAD_NONCE' });
  });

  it('of another key is refused', async () => {
    const { nonces } = setUp();
    await expect(nonces.spend(setUp().nonces.issue())).rejects.toMatchObject({ code: 'BAD_NONCE' });
  });

  it('with any one character changed is refused', async () => {
    const { nonces } = setUp();
    const nonce = nonces.issue();
    for (let at = 0; at < nonce.length; at += 1) {
      const changed = nonce.slice(0, at) + (nonce[at] === 'A' ? 'B' : 'A') + nonce.slice(at + 1);
      await expect(nonces.spend(changed)).rejects.toMatchObject({ code: 'BAD_NONCE' });
    }
  });

  it.each(['', 'x', '💥', 'A'.repeat(51), 'A'.repeat(4_000)])('that is %j is refused', async (nonce) => {
    await expect(setUp().nonces.spend(nonce)).rejects.toMatchObject({ code: 'BAD_NONCE' });
  });

  it('is not burnt when spent nonces cannot be remembered', async () => {
    const failing: SpentNonces = { spend: async () => Promise.reject(new Error('no server')) };
    const { nonces, key } = setUp({ spent: failing });
    const nonce = nonces.issue();
    await expect(nonces.spend(nonce)).rejects.toThrow('no server');
    await setUp({ key }).nonces.spend(nonce);
  });
});
