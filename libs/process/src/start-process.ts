import 'reflect-metadata';
import { inboxPrefix, type HandlersOf, type Service, type ServiceName } from '@callbook/contracts';
import { Module, type LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import type { z } from 'zod';
import type { ProcessSettings } from './config.js';
import { startHealth, type Check } from './health.js';
import { createLog, errorFields, type Log } from './log.js';
import { createMetrics, type Metrics } from './metrics.js';
import { configOrExit, processLife } from './process-life.js';
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
  /** Serves the contract until the function that it resolves with is called, or the process ends: for who serves only at times. */
  serve<S extends Service>(contract: S, handlers: HandlersOf<S>): Promise<() => Promise<void>>;
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
  const life = processLife(log);

  const health = await startHealth({ host: config.healthHost, port: config.healthPort }, metrics).catch(
    (error: unknown) => fatal(log, 'health.failed', error),
  );
  life.onStop(() => health.stop());
  let running = false;
  health.require('running', () => running && !life.stopping());

  const nats = await connectNats(name, config).catch((error: unknown) => fatal(log, 'nats.unreachable', error));
  life.onStop(() => nats.drain());
  const connection = watchConnection(nats, log);
  if (!outlivesNats) {
    health.require('nats', connection.isUp);
    void connection.closed.then(() => life.stop('NATS connection closed', 1));
  }

  const serve = async (contract: Service, handlers: HandlersOf<Service>) => {
    const strategy = new NatsRpcServer(contract, handlers, { nats, log, metrics });
    const app = await NestFactory.createMicroservice(ProcessModule, { strategy, logger: nestLogger(log) });
    await app.listen();
    return () => app.close();
  };

  return {
    config,
    nats,
    clock: Date.now,
    log,
    metrics,
    require: health.require,
    onStop: life.onStop,
    serve,
    run: async (contract?: Service, handlers?: HandlersOf<Service>) => {
      if (contract && handlers) life.onStop(await serve(contract, handlers));
      running = true;
      log.info('process.running');
    },
  };
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
