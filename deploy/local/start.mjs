// npm start [-- --demo [--json]]
import { requireNode } from './node-version.mjs';

requireNode();
const args = process.argv.slice(2);
const began = Date.now();
/** With --json, standard output belongs to the one object. */
const print = args.includes('--json') ? console.error : console.log;
const report = (line) => print(`[${((Date.now() - began) / 1000).toFixed(1).padStart(5)} s] ${line}`);

const { prepare, PrepareError } = await import('./prepare.mjs');
try {
  await prepare(report);
  const { start } = await import('./dist/start.js');
  process.exitCode = await start(args, report);
} catch (error) {
  console.error(error instanceof PrepareError ? error.message : error);
  if (args.includes('--json')) console.log(JSON.stringify({ ok: false, steps: [], error: { message: error.message } }));
  process.exitCode = 1;
}
// Everything has ended by now; connections that clients keep open for a next request would hold the process for seconds.
process.stdout.write('', () => process.exit());
