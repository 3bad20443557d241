// Longer than most: four servers are started for each hundred zones. With `npm run conformance`, a quarter of an hour.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { judgesAvailable } from '../judges.js';
import { allowed } from './oracle/differences.js';
import { ours } from './oracle/ours.js';
import { runOracle, type OracleResult } from './oracle/run.js';
import { counted, firstSeed, isWhole, portion } from './portion.js';

/** Zones that once showed a fault of ours: answers to CNAME from a DNAME, addresses behind a proof. */
const remembered = [185, 233, 353];

describe.skipIf(!(await judgesAvailable()))('random zones in NSD, Knot, BIND, PowerDNS and Callbook', () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'callbook-oracle-'));
  const results: OracleResult[] = [];
  afterAll(() => {
    rmSync(dir, { recursive: true, force: true });
    const sum = (of: (result: OracleResult) => number) => results.reduce((total, result) => total + of(result), 0);
    counted('(a) oracle', {
      zones: sum(({ zones }) => zones),
      questions: sum(({ questions }) => questions),
      'answers compared': sum(({ comparisons }) => comparisons),
      'the same in everything': sum(({ same }) => same),
      'with listed differences alone': sum(
        ({ comparisons, same, unexplainedCount }) => comparisons - same - unexplainedCount,
      ),
      unexplained: sum(({ unexplainedCount }) => unexplainedCount),
    });
  });

  const zones = portion(50, 2_050);

  it(
    `${zones} zones, 50 questions or more to each: every difference is one that is listed, with the RFC that lets us differ`,
    async () => {
      const result = await runOracle({
        firstSeed,
        zones,
        questions: 60,
        dir,
        ours,
        ...(isWhole ? { progress: (line: string) => console.log(line) } : {}),
      });
      results.push(result);
      if (isWhole)
        for (const { id } of allowed) console.log(`  ${String(result.explained.get(id) ?? 0).padStart(6)}  ${id}`);
      expect(result.unexplained.join('\n')).toBe('');
      // A comparison that finds everything different, and explains it, would be none.
      expect(result.same).toBeGreaterThan(result.comparisons * 0.6);
    },
    isWhole ? 3_600_000 : 180_000,
  );

  it('zones that once showed a fault', async () => {
    for (const seed of remembered) {
      const result = await runOracle({ firstSeed: seed, zones: 1, questions: 60, dir, ours });
      results.push(result);
      expect(result.unexplained.join('\n')).toBe('');
    }
  }, 180_000);
});
