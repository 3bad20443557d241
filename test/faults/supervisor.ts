import type { Daemon } from '@callbook/local';
import { setTimeout as pause } from 'node:timers/promises';

type Program = Pick<Daemon, 'name' | 'running' | 'start' | 'kill'>;

const lookEvery = 50;
const pauseAfterFailure = 300;

/**
 * What Kubernetes or systemd is to a service: starts it again whenever it has ended, by itself or not. A start that fails is tried again;
 * the services rely on that.
 */
export class Supervised {
  private ended = false;
  private downUntil = 0;
  private upSince: number | undefined;
  /** Starts that failed, and why: a service that waits for another by ending shows here. */
  readonly failures: string[] = [];
  private starts = 0;
  private readonly keeping: Promise<void>;

  constructor(readonly program: Program) {
    this.upSince = performance.now();
    this.keeping = this.keep();
  }

  /** True when it has been up and ready without a break since that moment (`performance.now()`). */
  upThroughout(since: number): boolean {
    return this.program.running && this.upSince !== undefined && this.upSince <= since;
  }

  get restarts(): number {
    return this.starts;
  }

  /** kill -9, and a fresh start after this time. */
  async kill(lasts: number): Promise<void> {
    this.upSince = undefined;
    this.downUntil = performance.now() + lasts;
    await this.program.kill('SIGKILL');
    await pause(lasts);
  }

  /** kill -9, and no start before `letUp`. */
  async holdDown(): Promise<void> {
    this.upSince = undefined;
    this.downUntil = Number.POSITIVE_INFINITY;
    await this.program.kill('SIGKILL');
  }

  letUp(): void {
    this.downUntil = 0;
  }

  /** Stops it where it is, and lets it go on after this time. */
  async freeze(lasts: number): Promise<void> {
    const { upSince } = this;
    this.upSince = undefined;
    await this.program.kill('SIGSTOP');
    await pause(lasts);
    await this.program.kill('SIGCONT');
    if (upSince !== undefined && this.program.running) this.upSince = performance.now();
  }

  /** Resolves once it runs and is ready. Errors: after `within` milliseconds. */
  async untilUp(within: number): Promise<void> {
    const deadline = performance.now() + within;
    while (!this.program.running || this.upSince === undefined) {
      if (performance.now() > deadline) throw new Error(`${this.program.name} is not up: ${this.failures.at(-1)}`);
      await pause(lookEvery);
    }
  }

  /** Watches no longer; leaves the program as it is. */
  async release(): Promise<void> {
    this.ended = true;
    await this.keeping;
  }

  private async keep(): Promise<void> {
    while (!this.ended) {
      if (this.program.running || performance.now() < this.downUntil) {
        await pause(lookEvery);
        continue;
      }
      this.upSince = undefined;
      this.starts += 1;
      try {
        await this.program.start();
        this.upSince = performance.now();
      } catch (error) {
        this.failures.push(error instanceof Error ? error.message : String(error));
        await pause(pauseAfterFailure);
      }
    }
  }
}
