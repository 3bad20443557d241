import { Messages } from '@vonage/messages';
import { Vonage } from '@vonage/server-sdk';
import type { Handover, SendSms, Sms } from './sms-provider.js';

export interface VonageSettings {
  readonly apiKey?: string | undefined;
  readonly apiSecret?: string | undefined;
  readonly applicationId?: string | undefined;
  readonly privateKey?: string | undefined;
  /** Base URL; Vonage's own when absent. */
  readonly apiUrl?: string | undefined;
  readonly sender: string;
  readonly webhookUrl: string;
  /** Milliseconds; the SDK by itself waits for ever. */
  readonly timeout: number;
}

/** SMS through the Messages API (Vonage's SDK; it does not retry by itself). */
export function vonageSms(settings: VonageSettings): SendSms {
  const { apiKey, apiSecret, applicationId, privateKey, sender, webhookUrl, timeout } = settings;
  const application = applicationId !== undefined && privateKey !== undefined;
  const messages: Messages = new Vonage(
    application ? { applicationId, privateKey } : { apiKey: apiKey!, apiSecret: apiSecret! },
    { timeout, ...(settings.apiUrl !== undefined && { apiHost: settings.apiUrl.replace(/\/+$/, '') }) },
  ).messages;
  return async ({ reference, to, text, validity }: Sms) => {
    try {
      const { messageUUID } = await messages.send({
        messageType: 'text',
        channel: 'sms',
        to: digitsOf(to),
        from: sender,
        text,
        clientRef: reference,
        ttl: Math.min(Math.max(validity, minimumTtl), maximumTtl),
        webhookUrl,
        webhookVersion: 'v1',
        sms: { encodingType: 'text' },
      });
      return typeof messageUUID === 'string'
        ? { outcome: 'accepted', providerId: messageUUID }
        : { outcome: 'unknown', reason: 'ANSWER_UNREADABLE' };
    } catch (error) {
      return handoverOf(error);
    }
  };
}

/** Seconds that Vonage takes as `ttl`. */
const minimumTtl = 20;
const maximumTtl = 604_800;

/** Vonage takes E.164 without the plus sign. */
const digitsOf = (uri: string) => uri.replace(/^tel:\+/, '');

/** Before a byte of the request was sent. */
const notConnected = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
  'EADDRNOTAVAIL',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'ERR_TLS_CERT_ALTNAME_INVALID',
];

/**
 * Reads a failure of the SDK: an HTTP answer (`VetchError`, with `response.status`), a connection that failed (`FetchError`, with
 * `code`), or no answer in time (`AbortError`). The errors hold the request, and with it number and credentials: only a code leaves here.
 */
export function handoverOf(error: unknown): Handover {
  const { code, response } = error as { code?: unknown; response?: { status?: unknown; ok?: unknown } };
  const status = response?.status;
  if (typeof status === 'number') {
    const reason = `HTTP_${status}`;
    if (status < 400) return { outcome: 'unknown', reason: 'ANSWER_UNREADABLE' };
    // A proxy in between says these: it does not know whether the provider took the message.
    if (status === 502 || status === 504) return { outcome: 'unknown', reason };
    if (status === 408 || status === 429 || status >= 500) return { outcome: 'later', reason };
    return { outcome: 'refused', reason };
  }
  if (typeof code === 'string' && notConnected.includes(code)) return { outcome: 'later', reason: code };
  return { outcome: 'unknown', reason: typeof code === 'string' ? code : 'NO_ANSWER' };
}
