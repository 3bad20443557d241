import type { Clock, Log } from '@callbook/process';
import type { MessageStore } from './message-store.js';
import type { SendSms } from './sms-provider.js';

/** `later` is the only one after which the same job should run again. */
export type Delivery = 'nothing to do' | 'accepted' | 'later' | 'refused' | 'unknown';

export interface DeliverDeps {
  readonly messages: MessageStore;
  readonly send: SendSms;
  readonly clock: Clock;
  readonly log: Log;
  /** Counts what became of a message. */
  readonly count: (outcome: Delivery) => void;
  /** How often a message that is not taken is handed over before it is given up. */
  readonly maximumAttempts: number;
}

/**
 * 1 claim: `queued` → `sending`, and the text leaves the table  2 hand over to the provider  3 note the outcome: `sent`, back to `queued`,
 * `failed`, or left as it is when nobody knows.
 * Crash before 1: it stays `queued`, and the sweeper brings it back. Crash after 1: it stays `sending`, whether or not the provider has
 * it; nobody sends it again by himself, a report of the provider still moves it on, and the holder may ask for another message after
 * `resendAfter`. So one message costs one message, and a holder who received nothing is not stuck.
 */
export async function deliverMessage(deps: DeliverDeps, id: string): Promise<Delivery> {
  const outcome = await handOver(deps, id);
  deps.count(outcome);
  return outcome;
}

async function handOver(deps: DeliverDeps, id: string): Promise<Delivery> {
  const { messages, clock, log } = deps;
  const message = await messages.claim(id, clock());
  if (!message) return 'nothing to do';
  const handover = await deps.send({
    reference: id,
    to: message.identifier,
    text: message.text,
    validity: Math.ceil((message.expiresAt - clock()) / 1_000),
  });
  const now = clock();
  switch (handover.outcome) {
    case 'accepted':
      await messages.accepted(id, handover.providerId, now);
      return 'accepted';
    case 'later':
      log.warn('message.not_taken', { message: id, reason: handover.reason, attempt: message.attempts });
      if (message.attempts < deps.maximumAttempts) {
        await messages.putBack(id, message.text, handover.reason, now);
        return 'later';
      }
      await messages.refused(id, handover.reason, now);
      return 'refused';
    case 'refused':
      log.error('message.refused', { message: id, reason: handover.reason });
      await messages.refused(id, handover.reason, now);
      return 'refused';
    case 'unknown':
      log.warn('message.outcome_unknown', { message: id, reason: handover.reason });
      await messages.unknown(id, handover.reason, now);
      return 'unknown';
  }
}
