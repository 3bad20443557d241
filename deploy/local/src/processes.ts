import { existsSync } from 'node:fs';
import { get } from 'node:http';
import { connect } from 'node:net';
import path from 'node:path';
import { Daemon } from './daemon.js';
import { SetupError } from './setup-error.js';
import { root } from './workspace.js';

export interface ServiceOptions {
  /** Also the name of its log, `<dir>/logs/<name>.log`. */
  readonly name: string;
  /** Compiled entry point, relative to the clone: `apps/records/dist/main.js`. */
  readonly entry: string;
  readonly dir: string;
  /** Its CALLBOOK_ settings, all of them: none is inherited. */
  readonly settings: Readonly<Record<string, string>>;
  readonly ports: readonly { readonly port: number; readonly purpose: string; readonly variable?: string }[];
  /** Ready when `/readyz` there answers 200; for a program without one, when its first port takes connections. */
  readonly healthPort?: number;
  /** Largest old-generation heap in MB. */
  readonly heap?: number;
  /** Arguments of the program. */
  readonly arguments?: readonly string[];
  readonly readyWithinMs?: number;
}

/** One of our own programs. */
export class Service extends Daemon {
  readonly healthPort: number | undefined;

  constructor({
    name,
    entry,
    dir,
    settings,
    ports,
    healthPort,
    heap = 128,
    arguments: given = [],
    readyWithinMs = 60_000,
  }: ServiceOptions) {
    const file = path.join(root, entry);
    if (!existsSync(file)) {
      throw new SetupError('NOT_BUILT', `${entry} is not there`, 'npm run build');
    }
    const first = ports[0]?.port;
    super({
      name,
      command: process.execPath,
      // Small heaps: seven processes on a laptop. The numbers go by the rate of garbage of a service that only passes messages.
      args: ['--enable-source-maps', '--max-semi-space-size=4', `--max-old-space-size=${heap}`, file, ...given],
      env: { ...inherited(), ...settings },
      cwd: dir,
      dir,
      ports,
      ready: () =>
        healthPort !== undefined
          ? isOk(`http://127.0.0.1:${healthPort}/readyz`)
          : first !== undefined
            ? accepts(first)
            : Promise.resolve(true),
      readyWithinMs,
      stopSignal: 'SIGTERM',
    });
    this.healthPort = healthPort;
  }
}

/** Services refuse settings they do not know, so ours of the start and the tests must not reach them; nor a test runner's NODE_OPTIONS. */
function inherited(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(CALLBOOK_|VITEST|NODE_OPTIONS$|NODE_ENV$|npm_)/.test(name),
  );
  return { ...Object.fromEntries(kept), NODE_ENV: 'production' };
}

function isOk(url: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const request = get(url, { timeout: 2_000, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.once('timeout', () => request.destroy(new Error('no answer')));
    request.once('error', reject);
  });
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
