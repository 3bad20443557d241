// npm run conformance: every check of test/conformance at full length, and at the end how much each part has put to the test.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const root = path.join(import.meta.dirname, '../..');
const counts = mkdtempSync(path.join(tmpdir(), 'callbook-counts-'));
const parts = process.argv.length > 2 ? process.argv.slice(2) : ['test/conformance', 'test/peers'];
const { status } = spawnSync(process.execPath, [path.join(root, 'test/run.mjs'), ...parts], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, CALLBOOK_CONFORMANCE: 'whole', CALLBOOK_CONFORMANCE_COUNTS: counts },
});
const result = path.join(root, '.local/vitest.json');
for (const file of readdirSync(counts).sort()) console.log(readFileSync(path.join(counts, file), 'utf8').trim());
rmSync(counts, { recursive: true });
if (existsSync(result)) {
  const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(result, 'utf8'));
  console.log(`${numPassedTests} passed, ${numFailedTests} failed`);
}
process.exitCode = status ?? 1;
