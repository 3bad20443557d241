import { z } from 'zod';
import type { InvalidParameter } from './problems.js';

/** An SMS as a sender wants it sent. */
export interface MessageRequest {
  /** Digits without plus sign. */
  readonly to: string;
  readonly from: string;
  readonly text: string;
  readonly encoding: 'auto' | 'text' | 'unicode';
  readonly clientRef?: string | undefined;
  readonly webhookUrl?: string | undefined;
}

const Digits = z
  .string('is missing or not a string')
  .regex(/^[1-9]\d{6,14}$/, 'must be 7 to 15 digits in E.164 format, without a leading + or 00');
const Sender = z
  .string('is missing or not a string')
  .regex(/^(\d{1,15}|[A-Za-z0-9 ._-]{1,11})$/, 'must be digits without +, or up to 11 characters');

/** Request of the Messages API for channel `sms`, message type `text`. As with Vonage, members it does not know are ignored. */
const MessagesApiBody = z.object({
  channel: z.literal('sms', 'must be sms: the only channel that is played here'),
  message_type: z.literal('text', 'must be text'),
  to: Digits,
  from: Sender,
  text: z
    .string('is missing or not a string')
    .min(1, 'must not be empty')
    .max(1_000, 'must be at most 1000 characters'),
  ttl: z.int().min(20, 'must be 20 to 604800').max(604_800, 'must be 20 to 604800').optional(),
  client_ref: z.string().max(100, 'must be at most 100 characters').optional(),
  webhook_url: z
    .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
    .max(2_000)
    .optional(),
  webhook_version: z.literal('v1', 'must be v1: the only version that is played here').optional(),
  sms: z
    .object({
      encoding_type: z.enum(['auto', 'text', 'unicode'], 'must be text, unicode or auto').default('auto'),
      content_id: z.string().optional(),
      entity_id: z.string().optional(),
    })
    .optional(),
});

/** Request of the older SMS API; `api_key` and `api_secret` may stand in it instead of the Authorization header. */
const SmsApiBody = z.object({
  to: Digits,
  from: Sender,
  text: z.string().min(1).max(1_000),
  type: z.enum(['text', 'unicode']).default('text'),
  'client-ref': z.string().max(100).optional(),
});

export type Read = { readonly request: MessageRequest } | { readonly invalid: readonly InvalidParameter[] };

export function readMessagesApi(body: unknown): Read {
  const parsed = MessagesApiBody.safeParse(body);
  if (!parsed.success) return { invalid: invalidOf(parsed.error) };
  const { to, from, text, client_ref: clientRef, webhook_url: webhookUrl, sms } = parsed.data;
  return { request: { to, from, text, clientRef, webhookUrl, encoding: sms?.encoding_type ?? 'auto' } };
}

export function readSmsApi(body: unknown): Read {
  const parsed = SmsApiBody.safeParse(body);
  if (!parsed.success) return { invalid: invalidOf(parsed.error) };
  const { to, from, text, type, 'client-ref': clientRef } = parsed.data;
  return { request: { to, from, text, clientRef, encoding: type } };
}

const invalidOf = (error: z.ZodError): readonly InvalidParameter[] =>
  error.issues.map((issue) => ({ name: issue.path.join('.') || 'body', reason: issue.message }));
