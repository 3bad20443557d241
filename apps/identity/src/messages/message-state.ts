import type { Verification } from '@callbook/contracts';

/**
 * `queued` → `sending` → `sent` → `delivered` or `failed`. A message goes forward only, whatever order reports come in; the one way back,
 * from `sending` to `queued`, is the sender's alone, when the provider said that it did not take it. `failed` gives way to `delivered`
 * and not the other way round: what has arrived has arrived.
 */
export type MessageState = Verification['delivery'];

const rank: Readonly<Record<MessageState, number>> = { queued: 0, sending: 1, sent: 2, failed: 3, delivered: 4 };

/** The states that a report of `state` may change. */
export const statesBefore = (state: MessageState): MessageState[] =>
  (Object.keys(rank) as MessageState[]).filter((other) => rank[other] < rank[state]);

export type ReportedStatus = 'submitted' | 'delivered' | 'rejected' | 'undeliverable';

export const stateOfReport: Readonly<Record<ReportedStatus, MessageState>> = {
  submitted: 'sent',
  delivered: 'delivered',
  rejected: 'failed',
  undeliverable: 'failed',
};
