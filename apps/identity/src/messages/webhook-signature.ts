import { CallbookError } from '@callbook/contracts';
import { verifySignature } from '@vonage/jwt';
import { createHash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

/** Milliseconds that a webhook may be old, or ahead of our clock. */
const maximumAge = 5 * 60_000;
const maximumLead = 60_000;

const Header = z.object({ alg: z.literal('HS256') });
const Claims = z.object({ iat: z.number(), payload_hash: z.string() });

/**
 * Checks a signed webhook of Vonage: `Authorization: Bearer` and a JWT whose `payload_hash` is the SHA-256 of the raw body. The SDK checks
 * the signature only, and would take RS256 too: algorithm, body and age are checked here. Errors: WEBHOOK_UNSIGNED.
 */
export function verifyWebhook(webhook: { authorization: string; body: string }, secret: string, now: number): void {
  const token = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(webhook.authorization)?.[1];
  if (token === undefined) throw unsigned();
  const [header, claims] = token.split('.');
  const alg = Header.safeParse(decoded(header!));
  const signed = Claims.safeParse(decoded(claims!));
  if (!alg.success || !signed.success || !verifySignature(token, secret)) throw unsigned();
  const { iat, payload_hash: hash } = signed.data;
  const age = now - iat * 1_000;
  if (!(age <= maximumAge && age >= -maximumLead)) throw unsigned();
  const expected = createHash('sha256').update(webhook.body, 'utf8').digest('hex');
  const given = Buffer.from(hash.toLowerCase());
  if (given.length !== expected.length || !timingSafeEqual(given, Buffer.from(expected))) throw unsigned();
}

const unsigned = () => new CallbookError('WEBHOOK_UNSIGNED', 'the webhook is not signed by the provider');

function decoded(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}
