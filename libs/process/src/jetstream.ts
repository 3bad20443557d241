import { callbookError, CallbookError, type StreamDefinition } from '@callbook/contracts';
import {
  AckPolicy,
  DeliverPolicy,
  DiscardPolicy,
  jetstream,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
  type ConsumerMessages,
  type JetStreamClient,
  type JetStreamManager,
  type JsMsg,
  type PubAck,
} from '@nats-io/jetstream';
import { nanos, type NatsConnection } from '@nats-io/transport-node';
import { errorFields, type Log } from './log.js';
import { repeat } from './rounds.js';

const seconds = (n: number) => nanos(n * 1_000);

/** Makes the stream when it is not there (only its owner may); brings its settings up to date. */
export async function ensureStream(nats: NatsConnection, definition: StreamDefinition): Promise<void> {
  const manager = await managerOf(nats);
  const config = {
    name: definition.name,
    subjects: [...definition.subjects],
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.Old,
    max_age: definition.maxAge === undefined ? 0 : seconds(definition.maxAge),
    max_msgs_per_subject: definition.maxMessagesPerSubject ?? -1,
    duplicate_window: seconds(definition.duplicateWindow),
    allow_direct: true,
  };
  const exists = await manager.streams.info(definition.name).then(
    () => true,
    () => false,
  );
  if (exists) await manager.streams.update(definition.name, config);
  else await manager.streams.add(config);
}

/** A manager that asks for nothing at once: `checkAPI` would need a right that most services do not have. */
export const managerOf = (nats: NatsConnection): Promise<JetStreamManager> =>
  jetstreamManager(nats, { checkAPI: false });
export const jetStreamOf = (nats: NatsConnection): JetStreamClient => jetstream(nats);

/**
 * Publishes and waits until the stream has stored the message. A second message with the same id inside the stream's duplicate window is
 * dropped, and its PubAck says `duplicate`. Errors: UNAVAILABLE (retry later: it may have been stored).
 */
export async function publish(
  client: JetStreamClient,
  subject: string,
  payload: Uint8Array | string,
  options: { id: string; expectedLastSubjectSequence?: number },
): Promise<PubAck> {
  const { id, expectedLastSubjectSequence } = options;
  try {
    return await client.publish(subject, payload, {
      msgID: id,
      timeout: 2_000,
      ...(expectedLastSubjectSequence !== undefined && {
        expect: { lastSubjectSequence: expectedLastSubjectSequence },
      }),
    });
  } catch (cause) {
    throw new CallbookError('UNAVAILABLE', 'the event log cannot be written', { retry: 'later', retryAfter: 1, cause });
  }
}

export interface BatchConsumer {
  readonly stream: StreamDefinition;
  /** Name under which the server keeps the position; the same for all replicas of a service. */
  readonly durable: string;
  readonly subject: string;
  /** The most messages in one batch; a batch is what has come while the one before was handled. */
  readonly maximum: number;
  /** Handles a batch wholly: when it resolves, all of it is acknowledged. It must be idempotent. */
  readonly handle: (messages: readonly JsMsg[]) => Promise<void>;
}

export interface Consuming {
  /** True while messages are being taken. */
  running(): boolean;
  stop(): Promise<void>;
}

const ackWait = 30_000;

/**
 * Takes messages of a durable consumer in batches, for ever: through restarts of the server, and of the stream. An error with retry
 * `later` puts the batch back; `never` is tried one message at a time, so that only the poison is dropped.
 */
export function consumeBatches(deps: { nats: NatsConnection; log: Log }, consumer: BatchConsumer): Consuming {
  let running = false;
  let stopped = false;
  let messages: ConsumerMessages | undefined;

  const rounds = repeat('consumer.interrupted', deps.log, async () => {
    try {
      messages = await open(deps.nats, consumer);
      running = true;
      // Not awaited: they are closed by the reading below.
      if (stopped) void messages.close();
      for await (const batch of batches(messages, consumer.maximum)) await settle(deps.log, consumer, batch);
    } finally {
      running = false;
    }
  });

  return {
    running: () => running,
    stop: async () => {
      stopped = true;
      await messages?.close();
      await rounds.stop();
    },
  };
}

async function open(
  nats: NatsConnection,
  { stream, durable, subject, maximum }: BatchConsumer,
): Promise<ConsumerMessages> {
  const manager = await managerOf(nats);
  await manager.consumers.add(stream.name, {
    durable_name: durable,
    filter_subject: subject,
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.All,
    ack_wait: nanos(ackWait),
    max_ack_pending: maximum * 4,
  });
  const source = await jetstream(nats).consumers.get(stream.name, durable);
  return source.consume({ max_messages: maximum, expires: 5_000, abort_on_missing_resource: true });
}

/** All that has arrived since the last look, at most `maximum` at a time. */
async function* batches(messages: ConsumerMessages, maximum: number): AsyncGenerator<JsMsg[]> {
  const waiting: JsMsg[] = [];
  let ended = false;
  let failure: unknown;
  let wake = () => {};
  const reading = (async () => {
    try {
      for await (const message of messages) {
        waiting.push(message);
        wake();
      }
    } catch (error) {
      failure = error;
    }
    ended = true;
    wake();
  })();
  for (;;) {
    if (waiting.length === 0 && !ended) await new Promise<void>((resolve) => (wake = resolve));
    if (waiting.length > 0) yield waiting.splice(0, maximum);
    else if (ended) break;
  }
  await reading;
  if (failure !== undefined) throw failure;
}

async function settle(log: Log, consumer: BatchConsumer, batch: readonly JsMsg[]): Promise<void> {
  try {
    await consumer.handle(batch);
    for (const message of batch) message.ack();
  } catch (thrown) {
    const { retry } = callbookError(thrown);
    log.warn('consumer.failed', {
      stream: consumer.stream.name,
      messages: batch.length,
      retry,
      ...errorFields(thrown),
    });
    if (retry === 'later') for (const message of batch) message.nak(backoff(message.info.deliveryCount));
    else if (batch.length > 1) for (const message of batch) await settle(log, consumer, [message]);
    // No reason goes with it: servers before 2.10.4 take a TERM with one for none at all, and send the message again for ever.
    else batch[0]!.term();
  }
}

const backoff = (deliveries: number) => Math.min(10_000, 50 * 2 ** Math.min(deliveries, 10));
