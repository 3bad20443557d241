import { jetStreamOf } from '@callbook/process';
import { DeliverPolicy, type ConsumerMessages } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';

/** The messages of one subject, read by one round at a time. */
export class Source {
  private messages: ConsumerMessages | undefined;
  private closed = false;

  constructor(
    private readonly nats: NatsConnection,
    private readonly subject: string,
    private readonly stream: string,
  ) {}

  /**
   * Hands over the last message and each new one, or all after a sequence, until the connection, the stream, `handle` or `caughtUp` fails;
   * the latter is called after a message behind which no other waits.
   */
  async read(
    handle: (octets: Uint8Array) => void | Promise<void>,
    { startAfter, caughtUp = async () => {} }: { startAfter?: number; caughtUp?: () => Promise<void> } = {},
  ): Promise<void> {
    const consumer = await jetStreamOf(this.nats).consumers.get(this.stream, {
      filter_subjects: this.subject,
      ...(startAfter === undefined
        ? { deliver_policy: DeliverPolicy.LastPerSubject }
        : { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: startAfter + 1 }),
    });
    // A consumer that went with its stream is not made again where the old stream had come to: the new one counts from 1.
    const messages = await consumer.consume({ max_messages: 256, expires: 5_000, abort_on_missing_resource: true });
    this.messages = messages;
    // Not awaited: they are closed by the reading below.
    if (this.closed) void messages.close();
    try {
      for await (const message of messages) {
        await handle(message.data);
        if (message.info.pending === 0) await caughtUp();
      }
    } finally {
      await messages.close();
    }
  }

  /** Ends the round that reads. */
  async interrupt(): Promise<void> {
    await this.messages?.close();
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.interrupt();
  }
}
