import { errorFields, type Log } from '@callbook/process';
import { UnrecoverableError, Worker, type Job } from 'bullmq';
import type { Redis } from 'ioredis';
import { deliverMessage, type DeliverDeps } from './deliver-message.js';
import { messageQueue, queuePrefix, type MessageJob } from './message-queue.js';

/** Messages handed over at once by one replica. */
const concurrency = 8;
/** Milliseconds after which a job whose worker is gone is given to another; longer than the provider may take to answer. */
const lockDuration = 30_000;

/**
 * Runs `deliverMessage` for each job. BullMQ keeps a failed job's error in Redis while it waits for its next attempt, so that errors here
 * are codes and nothing else.
 */
export function startDeliveryWorker(redis: Redis, deps: DeliverDeps & { readonly log: Log }): Worker<MessageJob> {
  const worker = new Worker<MessageJob>(messageQueue, (job) => process(deps, job), {
    connection: redis,
    prefix: queuePrefix,
    concurrency,
    lockDuration,
    stalledInterval: lockDuration / 2,
    skipVersionCheck: true,
  });
  // Lost connections and lost locks: the job runs again, and finds out from the table whether there is something to do.
  worker.on('error', (error) => deps.log.warn('message.worker', errorFields(error)));
  return worker;
}

async function process(deps: DeliverDeps, { data: { message } }: Job<MessageJob>): Promise<void> {
  const outcome = await deliverMessage(deps, message).catch((error: unknown) => {
    deps.log.error('message.job_failed', { message, ...errorFields(error) });
    throw codeOnly(new Error('JOB_FAILED'));
  });
  if (outcome === 'later') throw codeOnly(new Error('NOT_TAKEN'));
  if (outcome === 'refused') throw codeOnly(new UnrecoverableError('REFUSED'));
}

function codeOnly<E extends Error>(error: E): E {
  error.stack = error.message;
  return error;
}
