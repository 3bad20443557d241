import path from 'node:path';
import { runDemo, type DemoResult } from './demo.js';
import { fixedPorts } from './local-ports.js';
import { mainJob, whatToTry, writeProfile } from './main-job.js';
import { MigrationError } from './schema-engine.js';
import { SetupError } from './setup-error.js';
import { startCallbook, type Callbook } from './up.js';
import { localDir } from './workspace.js';

const usage = `usage: npm start [-- [--demo] [--json]]
  --demo  show the main job, stop, and exit 0 only if every step held
  --json  print one JSON object at the end, and nothing else, on standard output (with --demo)`;

/** Everything after preparation. `report` gets one line for each step. Returns the exit code. */
export async function start(args: readonly string[], report: (line: string) => void): Promise<number> {
  const only = args.includes('--demo');
  const json = args.includes('--json');
  if (args.some((argument) => !['--demo', '--json'].includes(argument)) || (json && !only)) {
    console.error(usage);
    return 2;
  }
  let callbook: Callbook;
  try {
    callbook = await startCallbook({
      dir: path.join(localDir, 'dev'),
      ports: fixedPorts(process.env),
      progress: report,
    });
  } catch (error) {
    if (!(error instanceof SetupError) && !(error instanceof MigrationError)) throw error;
    console.error(`\nCallbook did not start: ${error.message}`);
    if (error instanceof SetupError && error.hint) console.error(`→ ${error.hint}`);
    if (json)
      print({
        ok: false,
        steps: [],
        error: { code: error instanceof SetupError ? error.code : 'MIGRATION', message: error.message },
      });
    return 1;
  }

  const ended = untilEnd(callbook);
  writeProfile(callbook);
  const demo = await runDemo(callbook, mainJob, report);
  if (only) {
    await callbook.stop();
    if (json) print(demo);
    return demo.ok ? 0 : 1;
  }
  console.log(`\n${whatToTry(callbook)}\n\nCtrl-C stops everything. Data and logs: ${callbook.dir}`);
  const reason = await ended;
  report(`${reason}; stopping`);
  await callbook.stop();
  return reason === asked ? 0 : 1;
}

const print = (result: DemoResult & { error?: object }): void => console.log(JSON.stringify(result));

const asked = 'asked to stop';

/** Resolves with why it is over: someone asked, or a part ended by itself, without which the rest would only look alive. */
function untilEnd({ services, servers }: Callbook): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve(asked));
    const { lookups, ...others } = services;
    for (const daemon of [...Object.values(others), ...lookups, servers.postgres, servers.redis, servers.nats]) {
      daemon.onUnexpectedExit((how) => resolve(`${daemon.name} ended (${how}), see ${daemon.logFile}`));
    }
  });
}
