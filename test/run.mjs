// npm test [-- FILE…]: prepares the clone, then runs every check; with files, only these tests.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { requireNode } from '../deploy/local/node-version.mjs';
import { localDir, prepare, PrepareError, root } from '../deploy/local/prepare.mjs';

requireNode();
const began = Date.now();
const report = (line) => console.log(`[${((Date.now() - began) / 1000).toFixed(1).padStart(5)} s] ${line}`);
const files = process.argv.slice(2);

const bin = (name) => path.join(root, 'node_modules/.bin', name);

/** Runs a program to its end. Its output comes at once, or whole at the end where several run side by side. */
function run(command, args, { live = false } = {}) {
  return new Promise((resolve) => {
    const start = Date.now();
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, NX_DAEMON: 'false' },
      stdio: ['ignore', live ? 'inherit' : 'pipe', live ? 'inherit' : 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data) => (output += data));
    child.once('error', (error) => resolve({ code: 1, output: error.message, seconds: 0 }));
    child.once('close', (code) =>
      resolve({ code: code ?? 1, output: output.trim(), seconds: (Date.now() - start) / 1000 }),
    );
  });
}

let passed = 0;
let skipped = 0;
const failed = [];

async function staticChecks() {
  const checks = {
    'types (tsc)': ['tsc', '-p', 'tsconfig.json'],
    'rules (eslint)': ['eslint', '.', '--max-warnings', '0'],
    'format (prettier)': ['prettier', '--check', '--log-level', 'warn', '.'],
  };
  await Promise.all(
    Object.entries(checks).map(async ([name, [command, ...args]]) => {
      const { code, output, seconds } = await run(bin(command), args);
      if (code !== 0) console.log(output);
      report(`${name}: ${code === 0 ? 'passed' : 'FAILED'} (${seconds.toFixed(1)} s)`);
      if (code === 0) passed += 1;
      else failed.push(name);
    }),
  );
}

/** Returns a line that says which judges are missing, on a system that cannot have them. */
async function unpackJudges() {
  const compile = ['--conditions=@callbook/source', '--import', '@swc-node/register/esm-register'];
  const { code, output, seconds } = await run(process.execPath, [...compile, 'test/unpack-judges.ts']);
  if (code === 3) return `skipped where a judge is needed: ${output.split('\n')[0]}`;
  if (code !== 0) {
    console.log(output);
    throw new PrepareError('the judges could not be had');
  }
  report(`judges are in place (${seconds.toFixed(1)} s)`);
  return undefined;
}

async function tests() {
  const file = path.join(localDir, 'vitest.json');
  mkdirSync(localDir, { recursive: true });
  rmSync(file, { force: true });
  const { code } = await run(
    bin('vitest'),
    ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`, ...files],
    { live: true },
  );
  let result;
  try {
    result = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    failed.push('vitest (no report)');
    return;
  }
  passed += result.numPassedTests;
  skipped += result.numPendingTests + result.numTodoTests;
  const before = failed.length;
  for (const { name, status, assertionResults } of result.testResults) {
    const where = path.relative(root, name);
    const broken = assertionResults.filter((one) => one.status === 'failed');
    failed.push(...broken.map((one) => `${where}: ${one.fullName}`));
    if (status === 'failed' && broken.length === 0) failed.push(`${where} (does not load, or its set-up fails)`);
  }
  if (code !== 0 && failed.length === before) failed.push('vitest (an error outside of the tests, see above)');
  if (result.numTotalTests === 0 && failed.length === before) failed.push('vitest (no test was run)');
}

let missing;
try {
  await prepare(report);
  missing = await unpackJudges();
  if (files.length === 0) await staticChecks();
  await tests();
} catch (error) {
  console.error(error instanceof PrepareError ? error.message : error);
  failed.push('preparation');
}
for (const name of failed) console.log(`FAILED ${name}`);
if (missing) console.log(missing);
console.log(`${passed} passed, ${failed.length} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed.length > 0 ? 1 : 0;
