import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { Daemon } from './daemon.js';
import type { Secrets } from './secrets.js';
import type { ServerProgram } from './server-programs.js';

export interface RedisOptions {
  readonly dir: string;
  readonly port: number;
  readonly variable?: string;
  readonly program: ServerProgram;
  readonly secrets: Secrets;
}

/** Redis as BullMQ needs it: every write in the append-only file, nothing ever evicted; a password. */
export class RedisServer extends Daemon {
  readonly password: string;
  readonly port: number;

  constructor({ dir, port, variable, program, secrets }: RedisOptions) {
    const data = path.join(dir, 'redis');
    const config = path.join(dir, 'redis.conf');
    const password = secrets.of('redis');
    super({
      name: 'redis',
      command: program.path,
      args: [config],
      env: program.env,
      cwd: dir,
      dir,
      ports: [{ port, purpose: 'Redis', ...(variable ? { variable } : {}) }],
      ready: async () => (await exchange(port, `AUTH ${password}\r\nPING\r\n`, 2)).includes('+PONG'),
      stopSignal: 'SIGTERM',
    });
    this.password = password;
    this.port = port;
    mkdirSync(data, { recursive: true });
    // In a file, not on the command line, which every user of the machine can read.
    writeFileSync(
      config,
      `bind 127.0.0.1
port ${port}
requirepass ${password}
dir "${data}"
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
daemonize no
`,
      { mode: 0o600 },
    );
  }

  get url(): string {
    return `redis://:${this.password}@127.0.0.1:${this.port}`;
  }
}

/** Sends inline commands and returns the first `lines` lines of the answer. */
function exchange(port: number, commands: string, lines: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(commands));
    socket.setTimeout(2_000, () => socket.destroy(new Error('no answer')));
    socket.on('data', (data) => {
      answer += data.toString();
      if (answer.split('\r\n').length > lines) socket.destroy();
    });
    socket.once('error', reject);
    socket.once('close', () => resolve(answer));
  });
}
