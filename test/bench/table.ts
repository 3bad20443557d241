/** One line of a benchmark. Every figure stands beside a peer, a physical limit, or a reference that was measured in the same run. */
export interface Row {
  readonly case: string;
  readonly unit: string;
  readonly ours: number;
  readonly peers: Readonly<Record<string, number>>;
  /** What the machine itself allows, where there is no peer. */
  readonly limit?: number;
  /** What `ours` must reach: a ratio to the best peer, or a value where `targetIs` says so. */
  readonly target: number;
  readonly targetIs: 'ratio' | 'value';
  readonly better: 'lower' | 'higher';
}

export interface Judged extends Row {
  readonly ratio: number;
  readonly ok: boolean;
}

/** `ratio` is ours over the best peer, or over the limit where there is none; `ok` follows from the figures. */
export function judge(row: Row): Judged {
  const peers = Object.values(row.peers);
  const best = peers.length === 0 ? row.limit! : row.better === 'lower' ? Math.min(...peers) : Math.max(...peers);
  const ratio = row.ours / best;
  const measured = row.targetIs === 'ratio' ? ratio : row.ours;
  return {
    ...row,
    ratio: rounded(ratio),
    ok: row.better === 'lower' ? measured <= row.target : measured >= row.target,
  };
}

/** A table for people; with `json`, one object as the last line for programs. */
export function print(bench: string, rows: readonly Row[], json: boolean): void {
  const judged = rows.map(judge);
  const cells = judged.map((row) => [
    row.case,
    `${rounded(row.ours)} ${row.unit}`,
    row.limit === undefined
      ? Object.entries(row.peers)
          .map(([name, value]) => `${name} ${rounded(value)}`)
          .join(', ')
      : `reference ${rounded(row.limit)}`,
    `× ${row.ratio}`,
    `${row.better === 'lower' ? '≤' : '≥'} ${row.targetIs === 'ratio' ? '× ' : ''}${row.target}`,
    row.ok ? 'reached' : 'not reached',
  ]);
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((line) => line[column]!.length)));
  for (const line of cells) console.log(line.map((cell, column) => cell.padEnd(widths[column]!)).join('  '));
  if (json) console.log(JSON.stringify({ bench, rows: judged }));
}

export const percentile = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))]!;

const rounded = (value: number) => Number(value.toPrecision(3));
