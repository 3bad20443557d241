import { errorFields, type Clock, type Log } from '@callbook/process';
import type { VerificationStore } from '../verifications/verification-store.js';
import type { MessageStore } from './message-store.js';
import type { MessageQueue } from './message-queue.js';

export interface SweepDeps {
  readonly messages: MessageStore;
  readonly verifications: VerificationStore;
  readonly queue: MessageQueue;
  readonly clock: Clock;
  readonly log: Log;
}

/** Messages looked at in one round; the next round goes on with what is left. */
const batch = 500;
/** How long a verification is kept after it has expired. */
const keptFor = 86_400_000;

/**
 * 1 every `queued` message gets a job, unless it has one  2 verifications that expired a day ago are deleted.
 * Both may be done by several replicas at once, and both are done over by the next round.
 */
export async function sweep(deps: SweepDeps): Promise<void> {
  const ids = await deps.messages.queuedIds(batch);
  if (ids.length > 0) await deps.queue.add(...ids);
  const deleted = await deps.verifications.deleteExpired(deps.clock() - keptFor);
  if (deleted > 0) deps.log.info('verifications.deleted', { verifications: deleted });
}

/** Sweeps now and then every `interval` milliseconds, never two at once; returns what ends it. */
export function startSweeping(deps: SweepDeps, interval: number): () => Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const round = async (): Promise<void> => {
    await sweep(deps).catch((error: unknown) => deps.log.warn('sweep.failed', errorFields(error)));
    if (!stopped) timer = setTimeout(() => (running = round()), interval);
  };
  let running = round();
  return async () => {
    stopped = true;
    clearTimeout(timer);
    await running;
  };
}
