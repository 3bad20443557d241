import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { format, resolveConfig } from 'prettier';
import type { Judged } from '../table.js';

const readme = path.resolve(import.meta.dirname, '../../../apps/lookup/README.md');
const [begin, end] = ['<!-- bench:lookup -->', '<!-- bench:lookup end -->'];

/** Puts the table between its markers in the README of lookup. Errors: where they are not there. */
export async function writeTable(
  rows: readonly Judged[],
  { versions, numbers }: { versions: Readonly<Record<string, string>>; numbers: number },
): Promise<void> {
  const text = readFileSync(readme, 'utf8');
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${readme} has no place for the table`);
  const columns = [...new Set(rows.flatMap(({ peers }) => Object.keys(peers)))];
  const shown = (value: number | undefined) => (value === undefined ? '' : String(Number(value.toPrecision(3))));
  const lines = [
    ['', 'in', 'ours', ...columns, 'bare echo', 'ratio', 'target', ''],
    ['---', '---', ...columns.map(() => '---'), '---', '---', '---', '---', '---'],
    ...rows.map((row) => [
      row.case,
      row.unit,
      shown(row.ours),
      ...columns.map((column) => shown(row.peers[column])),
      shown(row.limit),
      `× ${shown(row.ratio)}`,
      `${row.better === 'lower' ? '≤' : '≥'} × ${row.target}`,
      row.ok ? 'reached' : 'not reached',
    ]),
  ].map((cells) => `| ${cells.join(' | ')} |`);
  const said = Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ');
  const table = [
    begin,
    '',
    `Measured ${new Date().toISOString().slice(0, 10)} with \`npm run bench:lookup\`: CPU time of the server for each answer,`,
    `${numbers.toLocaleString('en')} signed numbers, one worker each on a core of its own, medians of alternating rounds. Peers: ${said}. Ours on Node ${process.versions.node}, with EDNS, cookies and rate limiting on.`,
    '',
    ...lines,
    '',
  ].join('\n');
  const written = text.slice(0, from) + table + text.slice(to);
  const style = await resolveConfig(readme);
  writeFileSync(readme, await format(written, { ...style, parser: 'markdown' }));
}
