import 'reflect-metadata';
import { inboxPrefix, type HandlersOf, type Service, type ServiceName } from '@callbook/contracts';
import { Module, type LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import type { z } from 'zod';
import { ConfigError, readConfig, type ProcessSettings } from './config.js';
import { startHealth, type Check } from './health.js';
import { createLog, errorFields, type Log } from './log.js';
import { createMetrics, type Metrics } from './metrics.js';
import { NatsRpcServer } from './rpc.js';

/** Milliseconds since 1970. An argument wherever time matters, so that a test can hold it still. */
export type Clock = () => number;

/** What a process has, whatever it does. */
export interface RunningProcess<Config> {
  readonly config: Config;
  readonly nats: NatsConnection;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Ready only while this holds. */
  require(name: string, check: Check): void;
  /** Runs when the process is asked to end; last registered, first run. */
  onStop(stop: () => unknown): void;
  /** Serves the contract, where there is one, and says so; the last line of every `main.ts`. */
  run(): Promise<void>;
  run<S extends Service>(contract: S, handlers: HandlersOf<S>): Promise<void>;
}

export interface StartOptions {
  /** Once started, the process is as ready and as alive without NATS as with it. */
  readonly outlivesNats?: boolean;
}

@Module({})
class ProcessModule {}

/** Exit status for a configuration that cannot work, as in sysexits.h. */
const badConfiguration = 78;
/** A process that cannot end by itself is ended. */
const stopWithin = 10_000;

/**
 * Reads the configuration, connects to NATS and serves health. A configuration that is wrong, or a NATS server that cannot be reached,
 * ends the process: whoever supervises it starts it again.
 */
export async function startProcess<S extends z.ZodType<ProcessSettings>>(
  name: ServiceName,
  schema: S,
  { outlivesNats = false }: StartOptions = {},
): Promise<RunningProcess<z.output<S>>> {
  const config = configOrExit(name, schema);
  const log = createLog(name, config.logLevel);
  const metrics = createMetrics(name);
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

  const health = await startHealth({ host: config.healthHost, port: config.healthPort }, metrics).catch(
    (error: unknown) => fatal(log, 'health.failed', error),
  );
  stops.push(() => health.stop());
  let running = false;
  health.require('running', () => running && !stopping);

  const nats = await connectNats(name, config).catch((error: unknown) => fatal(log, 'nats.unreachable', error));
  stops.push(() => nats.drain());
  const connection = watchConnection(nats, log);
  if (!outlivesNats) {
    health.require('nats', connection.isUp);
    void connection.closed.then(() => stop('NATS connection closed', 1));
  }

  return {
    config,
    nats,
    clock: Date.now,
    log,
    metrics,
    require: health.require,
    onStop: (end) => void stops.push(end),
    run: async (contract?: Service, handlers?: HandlersOf<Service>) => {
      if (contract && handlers) {
        const strategy = new NatsRpcServer(contract, handlers, { nats, log, metrics });
        const app = await NestFactory.createMicroservice(ProcessModule, { strategy, logger: nestLogger(log) });
        await app.listen();
        stops.push(() => app.close());
      }
      running = true;
      log.info('process.running');
    },
  };
}

function configOrExit<S extends z.ZodType>(name: ServiceName, schema: S): z.output<S> {
  try {
    return readConfig(schema, process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${name}: the configuration is wrong\n${error.message}\n`);
    process.exit(badConfiguration);
  }
}

const connectNats = (name: ServiceName, config: ProcessSettings) =>
  connect({
    servers: config.natsUrl,
    user: config.natsUser,
    pass: config.natsPassword,
    name: `callbook-${name}`,
    inboxPrefix: inboxPrefix(name),
    maxReconnectAttempts: -1,
    reconnectTimeWait: 200,
    pingInterval: 5_000,
    maxPingOut: 2,
  });

function watchConnection(nats: NatsConnection, log: Log): { isUp: Check; closed: Promise<unknown> } {
  let up = true;
  void (async () => {
    for await (const status of nats.status()) {
      if (status.type === 'disconnect' || status.type === 'reconnect') {
        up = status.type === 'reconnect';
        log.warn(`nats.${status.type}`);
      } else if (status.type === 'error') {
        log.error('nats.error', errorFields(status.error));
      }
    }
  })();
  return { isUp: () => up, closed: nats.closed() };
}

function fatal(log: Log, event: string, error: unknown): never {
  log.error(event, errorFields(error));
  process.exit(1);
}

/** Nest speaks through our log, by event name only. */
const nestLogger = (log: Log): LoggerService => ({
  log: () => {},
  error: () => log.error('nest.error'),
  warn: () => log.warn('nest.warning'),
});
