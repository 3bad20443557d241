import { exitStatus, errorFields, startAlone, startProcess, type Log, type Metrics } from '@callbook/process';
import { randomBytes, randomInt } from 'node:crypto';
import { commandOf, usage, type Command } from './command.js';
import { LookupConfig, ZoneFileConfig } from './config.js';
import { Counters, countersReader } from './engine/counters.js';
import { followZone } from './feed/zone-feed.js';
import { readDenialKey } from './feed/denial-key-file.js';
import { zoneOfFile } from './feed/zone-file.js';
import { serve, type ServeEvents } from './serve.js';
import { ZoneHistory } from './transfer/history.js';
import { createNotifier } from './transfer/notify.js';
import { secondariesOf } from './transfer/settings.js';
import { createTransfers } from './transfer/transfers.js';
import { ServedZone } from './zone/served-zone.js';

/** The signer's zone, followed for ever. */
async function serveFeed(): Promise<void> {
  const started = await startProcess('lookup', LookupConfig, { outlivesNats: true });
  const { config, nats, clock, log, metrics, require, onStop, run } = started;

  const history = new ZoneHistory(config.transferHistory);
  const notified = metrics.counter('dns_notify_total', 'NOTIFY messages to secondaries', ['outcome']);
  const notifier = createNotifier({
    apex: config.zone,
    secondaries: secondariesOf(config.notify, config.transferKeys),
    clock,
    randomId: () => randomInt(65_536),
    count: (outcome) => notified.inc({ outcome }),
  });
  onStop(() => notifier.stop());

  const feed = followZone({
    ...{ nats, apex: config.zone, clock, log, seed: randomInt(2 ** 32) },
    denialKeyEncryptionKey: config.denialKeyEncryptionKey,
    follower: { applied: (entry) => history.add(entry), serving: (soa) => notifier.announce(soa) },
  });
  onStop(() => feed.stop());

  const counters = new Counters();
  const serving = await serve({
    ...{ zone: feed.served, config, clock, counters, random: randomBytes, told: toldTo(log) },
    denialKey: feed.denialKey,
    cookieRoot: config.denialKeyEncryptionKey,
    transfer: transfersOf(feed.served, history, config, counters),
  });
  onStop(() => serving.stop());
  exportCounters(metrics, serving.counters);
  require('zone', () => feed.served.current !== undefined && feed.denialKey() !== undefined);
  require('ways in', serving.isReady);
  await run();
}

/** One zone file, until the process is told to stop. */
async function serveZoneFile({ file, denialKeyFile }: Extract<Command, { source: 'zone-file' }>): Promise<void> {
  const { config, clock, log, onStop, fail } = startAlone('lookup', ZoneFileConfig);
  const readOr = <T>(read: () => T): T => {
    try {
      return read();
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      return fail(code === 'ENOENT' || code === 'EACCES' ? exitStatus.noInput : exitStatus.badData, message);
    }
  };
  const store = readOr(() => zoneOfFile(file, randomInt(2 ** 32)));
  const key = denialKeyFile === undefined ? undefined : readOr(() => readDenialKey(denialKeyFile, store));
  const zone = new ServedZone(store.apex.name);
  zone.serve(store);

  const counters = new Counters();
  const serving = await serve({
    ...{ zone, config, clock, counters, random: randomBytes, told: toldTo(log) },
    denialKey: () => key,
    cookieRoot: randomBytes(32),
    transfer: transfersOf(zone, new ZoneHistory(0), config, counters),
  }).catch((error: NodeJS.ErrnoException) => fail(exitStatus.unavailable, error.message));
  onStop(() => serving.stop());
  log.info('process.running', { serial: store.serial, names: store.size });
}

function transfersOf(zone: ServedZone, history: ZoneHistory, config: ZoneFileConfig, counters: Counters) {
  return createTransfers({
    apex: zone.apex.name,
    pin: () => zone.pin(),
    history,
    rules: { allow: config.transferAllow, keys: config.transferKeys },
    atOnce: config.transferLimit,
    clock: Date.now,
    count: (carrier, rcode) => counters.answered(carrier, rcode),
  });
}

const toldTo = (log: Log): ServeEvents => ({
  packets: (how, because) => log.info('packets.moved', { how, ...(because && { because }) }),
  threadDied: (error, last) => {
    log.error('packets.thread_died', errorFields(error));
    if (last) throw error;
  },
  certificateUnusable: (error) => log.error('certificate.unusable', errorFields(error)),
});

/** Once a minute at least, so that no count runs over unseen. */
const readCountersEvery = 60_000;

function exportCounters(metrics: Metrics, counters: readonly Counters[]): void {
  const answers = metrics.counter('dns_answers_total', 'DNS answers by transport and response code', [
    'transport',
    'rcode',
  ]);
  const lost = metrics.counter('dns_withheld_total', 'DNS answers over UDP that were not sent, or sent empty', [
    'outcome',
  ]);
  const read = countersReader(counters, {
    answered: (transport, rcode, count) => answers.inc({ transport, rcode: String(rcode) }, count),
    met: (outcome, count) => lost.inc({ outcome }, count),
  });
  metrics.beforeReading(read);
  setInterval(read, readCountersEvery).unref();
}

const command = commandOf(process.argv.slice(2));
if (command === undefined) {
  process.stderr.write(`${usage}\n`);
  process.exit(exitStatus.usage);
}
await (command.source === 'feed' ? serveFeed() : serveZoneFile(command));
