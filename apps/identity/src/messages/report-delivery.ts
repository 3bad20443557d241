import { CallbookError, DeliveryReport } from '@callbook/contracts';
import type { Clock, Log } from '@callbook/process';
import { z } from 'zod';
import { stateOfReport } from './message-state.js';
import type { MessageStore } from './message-store.js';
import { verifyWebhook } from './webhook-signature.js';

/** Status webhook v1 of Vonage's Messages API, in the parts that we read. */
const StatusWebhook = z.object({ client_ref: z.string().optional(), status: z.string(), timestamp: z.string() });

type Report = z.output<typeof DeliveryReport>;

export interface ReportDeps {
  readonly messages: MessageStore;
  readonly signatureSecret: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly count: (status: Report['status']) => void;
}

/**
 * Takes a delivery receipt. The same one twice, or an older one after a newer, changes nothing, and neither does one about a message that
 * is not ours (any more). Errors: WEBHOOK_UNSIGNED, REQUEST_MALFORMED.
 */
export async function reportDelivery(
  deps: ReportDeps,
  webhook: { readonly authorization: string; readonly body: string },
): Promise<Record<string, never>> {
  const now = deps.clock();
  verifyWebhook(webhook, deps.signatureSecret, now);
  const report = readReport(webhook.body);
  if (!report) return {};
  deps.count(report.status);
  const changed = await deps.messages.reported(report.messageId, stateOfReport[report.status], now);
  deps.log.debug('message.reported', { message: report.messageId, status: report.status, changed });
  return {};
}

/** Undefined when it says nothing about a message of ours: another reference, or a status that is none of an SMS. */
export function readReport(body: string): Report | undefined {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch (cause) {
    throw new CallbookError('REQUEST_MALFORMED', 'the webhook is not JSON', { cause });
  }
  const webhook = StatusWebhook.safeParse(json);
  if (!webhook.success) throw new CallbookError('REQUEST_MALFORMED', 'the webhook is not a message status');
  const { client_ref: messageId, status, timestamp: at } = webhook.data;
  if (!z.uuid().safeParse(messageId).success) return undefined;
  const report = DeliveryReport.safeParse({ messageId, status, at });
  return report.success ? report.data : undefined;
}
