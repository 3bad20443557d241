import { errorFields, type Log } from '@callbook/process';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';

/** Name of the queue and of its keys' prefix; a job holds nothing but the id of a message, and has that id itself. */
export const messageQueue = 'messages';
export const queuePrefix = 'callbook-identity';

export interface MessageJob {
  readonly message: string;
}

/** Milliseconds before a message that was not taken is handed over again, doubled each time. */
const firstPause = 1_000;

/** A job that has ended leaves nothing behind: PostgreSQL knows what became of the message, and the id must be free for the sweeper. */
const optionsOf = (id: string, attempts: number) => ({
  jobId: id,
  attempts,
  backoff: { type: 'exponential', delay: firstPause },
  removeOnComplete: true,
  removeOnFail: true,
});

export class MessageQueue {
  private readonly queue: Queue<MessageJob>;

  constructor(
    redis: Redis,
    private readonly attempts: number,
    private readonly log: Log,
  ) {
    this.queue = new Queue<MessageJob>(messageQueue, {
      connection: redis,
      prefix: queuePrefix,
      skipVersionCheck: true,
    });
    this.queue.on('error', () => {}); // The connection itself says so.
  }

  /** Nothing happens to a message that has a job. Never throws: what Redis does not take now, the sweeper brings back. */
  async add(...ids: string[]): Promise<void> {
    const jobs = ids.map((id) => ({ name: 'deliver', data: { message: id }, opts: optionsOf(id, this.attempts) }));
    try {
      await this.queue.addBulk(jobs);
    } catch (error) {
      this.log.warn('message.not_queued', { messages: ids.length, ...errorFields(error) });
    }
  }

  async close(): Promise<void> {
    await this.queue.close();
  }
}
