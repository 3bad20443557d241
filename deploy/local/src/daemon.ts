import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { requirePort } from './ports.js';
import { identityOf, isRunning, type ProcessIdentity } from './process-identity.js';
import { SetupError } from './setup-error.js';
import { hold, release } from './watchdog.js';

export interface DaemonOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** Where the log and the process record go: `<dir>/logs/<name>.log`, `<dir>/run/<name>.json`. */
  readonly dir: string;
  readonly ports: readonly { readonly port: number; readonly purpose: string; readonly variable?: string }[];
  /** Polled until true; may throw for "not yet". */
  readonly ready: () => Promise<boolean>;
  readonly readyWithinMs?: number;
  /** The signal that asks for an orderly end. */
  readonly stopSignal: 'SIGTERM' | 'SIGINT';
  readonly stopWithinMs?: number;
  readonly user?: { readonly uid: number; readonly gid: number };
  /** An early end whose log says this is tried again, for the time a killed predecessor needs to let go. */
  readonly retryOn?: RegExp;
}

interface Record {
  readonly process: ProcessIdentity;
  readonly owner: ProcessIdentity;
}

/** One program kept as a child: started until ready, stopped, killed, started again with the same data and ports. */
export class Daemon {
  readonly logFile: string;
  private readonly recordFile: string;
  private child: ChildProcess | undefined;
  private gone: Promise<void> = Promise.resolve();
  private expected = true;
  private readonly exitListeners = new Set<(reason: string) => void>();

  constructor(private readonly options: DaemonOptions) {
    this.logFile = path.join(options.dir, 'logs', `${options.name}.log`);
    this.recordFile = path.join(options.dir, 'run', `${options.name}.json`);
  }

  get name(): string {
    return this.options.name;
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  get running(): boolean {
    return this.child !== undefined;
  }

  /** Told of an end that nobody asked for through this object. */
  onUnexpectedExit(listener: (reason: string) => void): void {
    this.exitListeners.add(listener);
  }

  /**
   * @throws SetupError ALREADY_RUNNING (another live owner holds this folder), PORT_TAKEN, PROCESS_FAILED (with the end of the log).
   */
  async start(): Promise<void> {
    if (this.child) return;
    const deadline = Date.now() + (this.options.readyWithinMs ?? 20_000);
    await this.clearPredecessor();
    for (const { port, purpose, variable } of this.options.ports) await requirePort(port, purpose, variable);
    for (;;) {
      const from = this.spawn();
      const outcome = await this.untilReady(deadline);
      if (outcome === 'ready') {
        this.expected = false;
        return;
      }
      const said = this.logSince(from);
      await this.kill();
      if (outcome === 'ended' && this.options.retryOn?.test(said) && Date.now() < deadline) {
        await sleep(200);
        continue;
      }
      throw new SetupError(
        'PROCESS_FAILED',
        `${this.name} ${outcome === 'ended' ? 'ended while starting' : 'was not ready in time'}${lastLines(said)}`,
        `see ${this.logFile}`,
      );
    }
  }

  /** Asks for an orderly end; SIGKILL when that takes too long. */
  async stop(): Promise<void> {
    await this.kill(this.options.stopSignal);
  }

  /** Resolves when the process is gone; at once for SIGSTOP and SIGCONT, which end nothing. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.child;
    if (!child) return;
    if (signal === 'SIGSTOP' || signal === 'SIGCONT') {
      child.kill(signal);
      return;
    }
    this.expected = true;
    child.kill(signal);
    child.kill('SIGCONT'); // a stopped process would not see anything but SIGKILL
    const timer = setTimeout(() => child.kill('SIGKILL'), this.options.stopWithinMs ?? 10_000);
    await this.gone;
    clearTimeout(timer);
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** Starts the program and returns the length of its log before it. */
  private spawn(): number {
    const { command, args, env, cwd, user, stopSignal } = this.options;
    mkdirSync(path.dirname(this.logFile), { recursive: true });
    mkdirSync(path.dirname(this.recordFile), { recursive: true });
    const log = openSync(this.logFile, 'a', 0o600);
    const from = statSync(this.logFile).size;
    const child = spawn(command, [...args], { env, cwd, stdio: ['ignore', log, log], detached: true, ...user });
    closeSync(log);
    this.child = child;
    if (child.pid !== undefined) {
      hold(child.pid, stopSignal.slice(3));
      const record: Partial<Record> = { process: identityOf(child.pid), owner: identityOf(process.pid) };
      writeFileSync(this.recordFile, JSON.stringify(record));
    }
    this.gone = new Promise((resolve) => {
      const ended = (reason: string): void => {
        if (this.child !== child) return;
        this.child = undefined;
        if (child.pid !== undefined) release(child.pid);
        rmSync(this.recordFile, { force: true });
        resolve();
        if (!this.expected) for (const listener of this.exitListeners) listener(reason);
      };
      child.once('error', (error) => ended(error.message));
      child.once('exit', (code, signal) => ended(signal ?? `exit code ${code}`));
    });
    return from;
  }

  private async untilReady(deadline: number): Promise<'ready' | 'ended' | 'late'> {
    while (Date.now() < deadline) {
      if (!this.child) return 'ended';
      if (await this.options.ready().catch(() => false)) return this.child ? 'ready' : 'ended';
      await sleep(25);
    }
    return 'late';
  }

  /** A run that was killed together with its watchdog may have left its process: it is ours, so it is stopped, not reported. */
  private async clearPredecessor(): Promise<void> {
    const { process: left, owner } = this.readRecord();
    if (!left || !isRunning(left)) return;
    if (owner && isRunning(owner)) {
      throw new SetupError(
        'ALREADY_RUNNING',
        `${this.name} of ${this.options.dir} runs already, started by process ${owner.pid}`,
        'stop that one first, or choose another folder with CALLBOOK_LOCAL_DIR=…',
      );
    }
    const signal = (name: NodeJS.Signals): void => {
      try {
        process.kill(left.pid, name);
      } catch {
        // it has just ended
      }
    };
    signal(this.options.stopSignal);
    for (let waited = 0; isRunning(left); waited += 50) {
      if (waited === 5_000) signal('SIGKILL');
      await sleep(50);
    }
  }

  private readRecord(): Partial<Record> {
    try {
      return JSON.parse(readFileSync(this.recordFile, 'utf8')) as Partial<Record>;
    } catch {
      return {};
    }
  }

  private logSince(offset: number): string {
    return readFileSync(this.logFile).subarray(offset).toString('utf8');
  }
}

function lastLines(text: string): string {
  const lines = text.trim().split('\n').slice(-5).join('\n  ');
  return lines ? `:\n  ${lines}` : '';
}
