import { bindingPublishedSubject, bindingsStream } from '@callbook/contracts';
import { ensureStream, jetStreamOf, managerOf, publish } from '@callbook/process';
import type { OutboxEntry } from './outbox-store.js';

type NatsConnection = Parameters<typeof jetStreamOf>[0];

/** What the stream said: it stored the event, or it knows the message id and gives the place where the event should be. */
export type Receipt = { readonly stored: true } | { readonly stored: false; readonly duplicateOf: number };

/** Where events go. Errors: UNAVAILABLE (retry later), which leaves open whether the event was stored. */
export interface EventLog {
  publish(entry: OutboxEntry, messageId: string): Promise<Receipt>;
  /** Is the event at this place in the stream? */
  holds(entry: OutboxEntry, place: number): Promise<boolean>;
  /** Makes the stream if it is lost. What it held, the signer has or rebuilds from `binding.export`. */
  ensure(): Promise<void>;
  /** False also when nobody can say. */
  isThere(): Promise<boolean>;
}

/** The stream of binding events in JetStream. */
export function bindingEvents(nats: NatsConnection): EventLog {
  const client = jetStreamOf(nats);
  return {
    publish: async ({ payload }, id) => {
      const { duplicate, seq } = await publish(client, bindingPublishedSubject, payload, { id });
      return duplicate ? { stored: false, duplicateOf: seq } : { stored: true };
    },
    holds: async ({ payload }, place) => {
      const manager = await managerOf(nats);
      const message = await manager.streams.getMessage(bindingsStream.name, { seq: place });
      return message?.subject === bindingPublishedSubject && message.string() === payload;
    },
    ensure: () => ensureStream(nats, bindingsStream),
    isThere: async () => {
      const manager = await managerOf(nats);
      return manager.streams.info(bindingsStream.name).then(
        () => true,
        () => false,
      );
    },
  };
}
