// npm run conformance [-- FILE…]: every check of test/conformance and test/faults at full length, and at the end how much each part has put to the test.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const root = path.join(import.meta.dirname, '../..');
const counts = mkdtempSync(path.join(tmpdir(), 'callbook-counts-'));
const given = process.argv.slice(2);
const child = spawn(
  process.execPath,
  [path.join(root, 'test/run.mjs'), ...(given.length > 0 ? given : ['test/conformance/', 'test/faults/'])],
  {
    cwd: root,
    stdio: ['inherit', 'pipe', 'inherit'],
    env: { ...process.env, CALLBOOK_CONFORMANCE: 'whole', CALLBOOK_CONFORMANCE_COUNTS: counts },
  },
);
let tail = '';
child.stdout.on('data', (data) => {
  process.stdout.write(data);
  tail = (tail + data).slice(-1_000);
});
child.once('close', (code) => {
  for (const file of readdirSync(counts).sort()) console.log(readFileSync(path.join(counts, file), 'utf8').trim());
  rmSync(counts, { recursive: true });
  console.log(/^\d+ passed, \d+ failed.*$/gm.exec(tail)?.[0] ?? '0 passed, 1 failed');
  process.exitCode = code ?? 1;
});
