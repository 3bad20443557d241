import { Name } from '@callbook/dns';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { churn } from './memory/churn.js';
import { versionsText, writeTable } from './readme-table.js';
import { load, serverNames, type Loaded, type ServerName } from './memory/servers.js';
import { exportSnapshot, loadSnapshot } from './memory/store.js';
import { apex, writeZone } from './memory/zone.js';
import { judge, print, type Row } from './table.js';

/**
 * What a number takes in memory, and how long a server takes to its first answer, beside NSD and Knot with the same zone; what a day of changes
 * leaves behind: `npm run bench:memory [-- --json] [-- --quick] [-- --write]`. `--write` puts the table into the README of lookup.
 *
 * A number has two signed sets. Signatures are random octets: nobody verifies them here.
 */
const quick = process.argv.includes('--quick');
const json = process.argv.includes('--json');
const versions: Record<string, string> = {};
const numbers = quick ? 100_000 : 1_000_000;
const note = (text: string) => console.error(text);

const dir = mkdtempSync(path.join(tmpdir(), 'memory-'));
try {
  const rows = await measured();
  print('memory', rows, json);
  if (process.argv.includes('--write'))
    await writeTable(rows.map(judge), {
      bench: 'memory',
      measured: `${numbers.toLocaleString('en')} numbers, each with a signed NAPTR and a signed SMIMEA set. ${versionsText(versions)}.`,
    });
} finally {
  rmSync(dir, { recursive: true, force: true });
}

async function measured(): Promise<Row[]> {
  const [small, large] = [path.join(dir, 'small.zone'), path.join(dir, 'large.zone')];
  note(`a zone of ${numbers} numbers is written`);
  writeZone(small, 1);
  writeZone(large, numbers);

  const before = await each((name) => load(name, small, path.join(dir, 'small')));
  const after = await each((name) => load(name, large, path.join(dir, 'large')));
  const compared = (value: (name: ServerName) => number) => ({
    ours: value('ours'),
    peers: { nsd: value('nsd'), knot: value('knot') },
    better: 'lower' as const,
  });

  note('the store by itself');
  const snapshot = path.join(dir, 'snapshot');
  const { live } = exportSnapshot(large, snapshot);
  const loading = loadSnapshot(snapshot, Name.parse(apex));

  note('a day of changes');
  const left = await churn(quick ? 20_000 : 500_000, quick ? 2_000 : 20_000);

  const perNumber = compared((name) => (after[name].octets - before[name].octets) / numbers);
  // Where numbers are few, most of it is what a process needs once.
  const growth: Row = {
    case: 'growth of the process',
    unit: 'octets/number',
    ...perNumber,
    target: 0.6,
    targetIs: 'ratio',
  };
  const start = compared((name) => after[name].seconds);
  return [
    ...(quick ? [] : [growth]),
    {
      case: 'the store alone',
      unit: 'octets/number',
      ...perNumber,
      ours: live / numbers,
      target: 0.6,
      targetIs: 'ratio',
    },
    { case: 'zone file to first answer', unit: 's', ...start, target: 15, targetIs: 'value' },
    { case: 'snapshot to a zone to be served', unit: 's', ...start, ours: loading, target: 15, targetIs: 'value' },
    {
      case: 'after a day of changes, to a zone made anew',
      unit: 'octets/octet',
      ...{ ours: left, peers: {}, limit: 1, target: 1.3, targetIs: 'ratio', better: 'lower' },
    },
  ];
}

/** One server after the other: each has the machine for itself. */
async function each(measure: (name: ServerName) => Promise<Loaded>): Promise<Record<ServerName, Loaded>> {
  const loaded: Partial<Record<ServerName, Loaded>> = {};
  for (const name of serverNames) {
    const one = (loaded[name] = await measure(name));
    versions[name] = one.version;
    note(`  ${name} ${one.version}: ${(one.octets / 1e6).toFixed(0)} MB, ${one.seconds.toFixed(1)} s`);
  }
  return loaded as Record<ServerName, Loaded>;
}
