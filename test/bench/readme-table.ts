import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { format, resolveConfig } from 'prettier';
import type { Judged } from './table.js';

const readme = path.resolve(import.meta.dirname, '../../apps/lookup/README.md');

export interface ReadmeTable {
  /** As in `npm run bench:<bench>`; the table stands between the markers of that name. */
  readonly bench: string;
  /** What was measured, and with which versions: behind the date. */
  readonly measured: string;
  /** What `limit` is called, where rows have one that is worth a column. */
  readonly limit?: string;
}

/** Puts the table between its markers in the README of lookup. Errors: where they are not there. */
export async function writeTable(rows: readonly Judged[], { bench, measured, limit }: ReadmeTable): Promise<void> {
  const [begin, end] = [`<!-- bench:${bench} -->`, `<!-- bench:${bench} end -->`];
  const text = readFileSync(readme, 'utf8');
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${readme} has no place for the table`);
  const columns = [...new Set(rows.flatMap(({ peers }) => Object.keys(peers)))];
  const shown = (value: number | undefined) => (value === undefined ? '' : String(Number(value.toPrecision(3))));
  const head = ['', 'unit', 'ours', ...columns, ...(limit ? [limit] : []), 'ratio', 'target', ''];
  const lines = [
    head,
    head.map(() => '---'),
    ...rows.map((row) => [
      ...[row.case, row.unit, shown(row.ours)],
      ...columns.map((column) => shown(row.peers[column])),
      ...(limit ? [shown(row.limit)] : []),
      `× ${shown(row.ratio)}`,
      `${row.better === 'lower' ? '≤' : '≥'} ${row.targetIs === 'ratio' ? '× ' : ''}${row.target}`,
      row.ok ? 'reached' : 'not reached',
    ]),
  ].map((cells) => `| ${cells.join(' | ')} |`);
  const said = `Measured ${new Date().toISOString().slice(0, 10)} with \`npm run bench:${bench}\`: ${measured}`;
  const table = [begin, '', said, '', ...lines, '', ''].join('\n');
  const style = await resolveConfig(readme);
  const written = text.slice(0, from) + table + text.slice(to);
  writeFileSync(readme, await format(written, { ...style, parser: 'markdown' }));
}

/** `nsd 4.6.1, knot 3.2.6` */
export const versionsText = (versions: Readonly<Record<string, string>>): string =>
  Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ');
