import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Judged } from '../table.js';

const readme = path.resolve(import.meta.dirname, '../../../apps/lookup/README.md');
const [begin, end] = ['<!-- bench:memory -->', '<!-- bench:memory end -->'];

/** Puts the table between its markers in the README of lookup. Errors: where they are not there. */
export function writeTable(
  rows: readonly Judged[],
  { versions, numbers }: { versions: Readonly<Record<string, string>>; numbers: number },
): void {
  const text = readFileSync(readme, 'utf8');
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${readme} has no place for the table`);
  const columns = [...new Set(rows.flatMap(({ peers }) => Object.keys(peers)))];
  const shown = (value: number | undefined) => (value === undefined ? '' : String(Number(value.toPrecision(3))));
  const lines = [
    ['', 'unit', 'ours', ...columns, 'ratio', 'target', ''],
    ['---', '---', '---', ...columns.map(() => '---'), '---', '---', '---'],
    ...rows.map((row) => [
      ...[row.case, row.unit, shown(row.ours)],
      ...columns.map((column) => shown(row.peers[column])),
      `× ${shown(row.ratio)}`,
      `≤ ${row.targetIs === 'ratio' ? '× ' : ''}${row.target}`,
      row.ok ? 'reached' : 'not reached',
    ]),
  ].map((cells) => `| ${cells.join(' | ')} |`);
  const said = Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ');
  const table = [
    ...[begin, ''],
    `Measured ${new Date().toISOString().slice(0, 10)} with \`npm run bench:memory\`: ${numbers.toLocaleString('en')} numbers, each with a signed NAPTR and a signed SMIMEA set. ${said}.`,
    ...['', ...lines, '', ''],
  ].join('\n');
  writeFileSync(readme, text.slice(0, from) + table + text.slice(to));
}
