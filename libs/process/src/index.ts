export {
  ConfigError,
  count,
  duration,
  flag,
  list,
  port,
  processSettings,
  readConfig,
  secretKey,
  variableOf,
} from './config.js';
export { createLog, errorFields, scrub, type Log, type LogFields } from './log.js';
export { createMetrics, type Metrics } from './metrics.js';
export { startHealth, type Check, type Health } from './health.js';
export { clientOf, NatsRpcServer } from './rpc.js';
export {
  consumeBatches,
  ensureStream,
  jetStreamOf,
  managerOf,
  publish,
  type BatchConsumer,
  type Consuming,
} from './jetstream.js';
export { exitStatus, startAlone, type ProcessAlone } from './process-life.js';
export { startProcess, type Clock, type RunningProcess } from './start-process.js';
export { repeat, type Rounds } from './rounds.js';
