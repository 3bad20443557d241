import type { ServiceName } from '@callbook/contracts';
import type { z } from 'zod';
import { ConfigError, readConfig } from './config.js';
import { createLog, errorFields, type Log } from './log.js';

/** Exit statuses of sysexits.h, for whoever starts us. */
export const exitStatus = { usage: 64, badData: 65, noInput: 66, unavailable: 69, badConfiguration: 78 } as const;

/** A process that cannot end by itself is ended. */
const stopWithin = 10_000;

export interface ProcessLife {
  readonly stopping: () => boolean;
  /** Runs when the process is asked to end; last registered, first run. */
  onStop(stop: () => unknown): void;
  stop(reason: string, status: number): Promise<void>;
}

/** Ends the process in order when it is asked to, and when nobody caught an error. */
export function processLife(log: Log): ProcessLife {
  const stops: (() => unknown)[] = [];
  let stopping = false;

  const stop = async (reason: string, status: number) => {
    if (stopping) return;
    stopping = true;
    log.info('process.stopping', { reason });
    setTimeout(() => process.exit(1), stopWithin).unref();
    for (const end of stops.reverse())
      await Promise.resolve()
        .then(end)
        .catch((error: unknown) => log.error('process.stop_failed', errorFields(error)));
    process.exit(status);
  };
  process.once('SIGTERM', () => void stop('SIGTERM', 0));
  process.once('SIGINT', () => void stop('SIGINT', 0));
  process.on('uncaughtException', (error) => {
    log.error('process.crashed', errorFields(error));
    void stop('uncaught exception', 1);
  });
  return { stopping: () => stopping, onStop: (end) => void stops.push(end), stop };
}

export function configOrExit<S extends z.ZodType>(name: ServiceName, schema: S): z.output<S> {
  try {
    return readConfig(schema, process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${name}: the configuration is wrong\n${error.message}\n`);
    process.exit(exitStatus.badConfiguration);
  }
}

export interface ProcessAlone<Config> {
  readonly config: Config;
  readonly clock: () => number;
  readonly log: Log;
  onStop(stop: () => unknown): void;
  /** Ends it at once, with words for the person who started it. */
  fail(status: number, message: string): never;
}

/** A process that a person starts by hand: its configuration, a log, an orderly end, and nothing that it depends on. */
export function startAlone<S extends z.ZodType<{ readonly logLevel: string }>>(
  name: ServiceName,
  schema: S,
): ProcessAlone<z.output<S>> {
  const config = configOrExit(name, schema);
  const log = createLog(name, config.logLevel);
  const { onStop } = processLife(log);
  return {
    config,
    clock: Date.now,
    log,
    onStop,
    fail: (status, message) => {
      process.stderr.write(`callbook-${name}: ${message}\n`);
      process.exit(status);
    },
  };
}
