import { errorFields, type Clock, type Log, type Metrics } from '@callbook/process';
import type { EventLog } from './event-log.js';
import type { Outbox, OutboxEntry } from './outbox-store.js';

/** The most events under way at once. */
export const batchSize = 256;
/** Milliseconds between two looks at the outbox when nobody nudges, and after a failure. */
const pollEvery = 1_000;
/** Published events are kept this long, for people who look for one. */
const keptFor = 24 * 3_600_000;
const pruneEvery = 3_600_000;
/** How often the stream is looked for: who reads it waits for it, also while there is nothing to publish. */
const lookEvery = 5_000;

export interface RelayDeps {
  readonly outbox: Outbox;
  readonly events: EventLog;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

export interface Relay {
  /** There is an event: look now. */
  nudge(): void;
  /** Ends after a last batch: what was taken before the process was asked to end need not wait for the next one. */
  stop(): Promise<void>;
}

/**
 * Publishes a batch of events.
 *
 * 1 lock the oldest unpublished events  2 publish all of them, many in flight  3 mark those that the stream says it has  4 unlock.
 *
 * Crash before 2: nothing happened. Crash after 2, before 4 has committed: the locks are gone with the connection, and the next batch
 * publishes the same message ids again, which the stream drops, or, after its duplicate window, keeps: consumers ignore a sequence that they
 * have. Events of one identifier usually come in order; consumers take the highest sequence and do not depend on it.
 */
export async function relayBatch(deps: Pick<RelayDeps, 'outbox' | 'events' | 'clock'>): Promise<BatchResult> {
  const failures: unknown[] = [];
  const sent: OutboxEntry[] = [];
  const taken = await deps.outbox.deliver(batchSize, deps.clock, async (entries) => {
    const results = await Promise.allSettled(entries.map((entry) => publishSurely(deps.events, entry)));
    results.forEach((result, index) => {
      if (result.status === 'fulfilled' && result.value) sent.push(entries[index]!);
      else failures.push(result.status === 'rejected' ? result.reason : new Error('dropped as a duplicate of nothing'));
    });
    return sent.map(({ id }) => id);
  });
  return { taken, sent, failures };
}

export interface BatchResult {
  readonly taken: number;
  readonly sent: readonly OutboxEntry[];
  readonly failures: readonly unknown[];
}

/**
 * A stream may know a message id and not have the message (nats-server PR 6415, issue 3272): a duplicate is believed only when the event is
 * where the stream says. If not, the event goes out under a second id of its own. False when that one is a duplicate of nothing as well:
 * the event stays in the outbox and is tried again, at the latest when the duplicate window has passed.
 */
async function publishSurely(events: EventLog, entry: OutboxEntry): Promise<boolean> {
  for (const messageId of [entry.id, `${entry.id}.again`]) {
    const receipt = await events.publish(entry, messageId);
    if (receipt.stored || (await events.holds(entry, receipt.duplicateOf))) return true;
  }
  return false;
}

/** Relays until stopped: at once, when nudged, and each second for what an ended process or another replica has left behind. */
export function startRelay(deps: RelayDeps): Relay {
  const { outbox, events, clock, log, metrics } = deps;
  const published = metrics.counter('outbox_published_total', 'Events that the stream has stored');
  const failed = metrics.counter('outbox_failed_total', 'Events that could not be published, and stay in the outbox');
  const delay = metrics.seconds('outbox_seconds', 'From commit to the word of the stream that it has the event');
  const bell = makeBell();
  let stopped = false;
  let prunedAt = clock();
  let lookedAt = clock();

  const round = async (): Promise<'more' | 'rest' | 'failed'> => {
    const { taken, sent, failures } = await relayBatch(deps);
    published.inc(sent.length);
    for (const { createdAt } of sent) delay.observe(Math.max(0, clock() - createdAt) / 1_000);
    if (failures.length > 0) {
      failed.inc(failures.length);
      log.warn('outbox.publish_failed', { events: failures.length, ...errorFields(failures[0]) });
      await events.ensure();
      return 'failed';
    }
    return taken === batchSize ? 'more' : 'rest';
  };

  const prune = async () => {
    if (clock() - prunedAt < pruneEvery) return;
    prunedAt = clock();
    const events = await outbox.prune(clock() - keptFor);
    log.info('outbox.pruned', { events });
  };

  const keepStream = async () => {
    if (clock() - lookedAt < lookEvery) return;
    if (!(await events.isThere())) await events.ensure();
    lookedAt = clock();
  };

  const done = (async () => {
    while (!stopped) {
      try {
        const outcome = await round();
        await keepStream();
        await prune();
        if (outcome === 'rest') await bell.heard(pollEvery);
        else if (outcome === 'failed') await bell.silence(pollEvery);
      } catch (error) {
        log.warn('outbox.interrupted', errorFields(error));
        await bell.silence(pollEvery);
      }
    }
    await round().catch((error: unknown) => log.warn('outbox.left', errorFields(error)));
  })();

  return {
    nudge: bell.ring,
    stop: async () => {
      stopped = true;
      bell.end();
      await done;
    },
  };
}

/** A ring that comes while nobody waits is heard by the next who does. */
function makeBell() {
  let rung = false;
  let ended = false;
  let silent = false;
  let wake = () => {};
  const wait = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  return {
    ring: () => {
      rung = true;
      if (!silent) wake();
    },
    /** Until it rings, or the time has passed. */
    heard: async (ms: number) => {
      if (!rung && !ended) await wait(ms);
      rung = false;
    },
    /** Until the time has passed, whoever rings: what has just failed is not hammered. */
    silence: async (ms: number) => {
      silent = true;
      if (!ended) await wait(ms);
      silent = false;
    },
    end: () => {
      ended = true;
      wake();
    },
  };
}
