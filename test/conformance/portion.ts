import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** `npm run conformance` runs all; `npm test` a small part that is the same each time. */
export const isWhole = process.env['CALLBOOK_CONFORMANCE'] === 'whole';

/** CALLBOOK_SEED, to repeat a run. The same each time by default, so that a difference found by chance stays found. */
export const firstSeed = Number(process.env['CALLBOOK_SEED'] ?? 0);

export const portion = (small: number, whole: number): number => (isWhole ? whole : small);

/** What a part has done, for the last lines of `npm run conformance` (run.mjs). */
export function counted(part: string, counts: Readonly<Record<string, number | string>>): void {
  const folder = process.env['CALLBOOK_CONFORMANCE_COUNTS'];
  const line = `${part}: ${Object.entries(counts)
    .map(([what, count]) => `${typeof count === 'number' ? count.toLocaleString('en') : count} ${what}`)
    .join(', ')}`;
  console.log(line);
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, `${part.replace(/\W+/g, '-')}.txt`), `${line}\n`);
}
