import type { Misbehaviour } from './behaviour.js';
import type { MessageRequest } from './message-request.js';
import type { Phones } from './phones.js';
import type { Postman } from './postman.js';
import { forcedToGsm7, segmentationAsUcs2, segmentationOf } from './segments.js';

export interface NetworkDeps {
  readonly phones: Phones;
  readonly misbehaviour: Misbehaviour;
  readonly postman: Postman;
  readonly clock: () => number;
  readonly newId: () => string;
  /** Where receipts go when the message does not say. */
  readonly webhookUrl?: string | undefined;
}

export type Sent = { readonly id: string; readonly segments: number } | 'refused';

/** Takes a message: it is charged, arrives or not as its number's outcome says, and its receipts set out. */
export function sendMessage(deps: NetworkDeps, request: MessageRequest): Sent {
  const number = `+${request.to}`;
  const outcome = deps.misbehaviour.outcomeOf(number);
  if (outcome === 'refused') return 'refused';

  const id = deps.newId();
  const text = request.encoding === 'text' ? forcedToGsm7(request.text) : request.text;
  const segmentation = request.encoding === 'unicode' ? segmentationAsUcs2(text) : segmentationOf(text);
  const { from, to, clientRef } = request;

  deps.phones.accept(number);
  if (outcome === 'delivered' || outcome === 'unreported') {
    const receivedAt = new Date(deps.clock()).toISOString();
    deps.phones.receive({ id, number, from, text, receivedAt, ...segmentation, ...(clientRef && { clientRef }) });
  }
  const url = request.webhookUrl ?? deps.webhookUrl;
  if (url !== undefined)
    deps.postman.report({ id, to, from, segments: segmentation.segments, clientRef }, outcome, url);
  return { id, segments: segmentation.segments };
}
