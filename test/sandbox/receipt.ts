import { createHash } from 'node:crypto';
import { SignJWT } from 'jose';
import type { Outcome, ReceiptSignature } from './behaviour.js';
import { receiptError } from './problems.js';

/** A message that the network took, as its receipts tell of it. */
export interface TakenMessage {
  readonly id: string;
  /** Digits, as Vonage writes numbers. */
  readonly to: string;
  readonly from: string;
  readonly segments: number;
  readonly clientRef?: string | undefined;
}

export type Status = 'submitted' | 'delivered' | 'undeliverable' | 'rejected';

/** The receipts that an outcome makes, in the order in which they come about. */
export const statusesOf = (outcome: Outcome): readonly Status[] => {
  switch (outcome) {
    case 'delivered':
    case 'undeliverable':
    case 'rejected':
      return ['submitted', outcome];
    case 'unreported':
    case 'lost':
      return ['submitted'];
    case 'refused':
      return [];
  }
};

/** Per segment, in euro. */
const price = 0.0333;
/** MCC 001 with MNC 01 is the test network of ITU-T E.212. */
const testNetwork = '00101';

const errorOf: Partial<Record<Status, () => object>> = {
  undeliverable: () =>
    receiptError(1260, 'Destination unreachable - The message could not be delivered to the phone number.'),
  rejected: () => receiptError(1290, 'Number barred - The message was rejected by the network.'),
};

/** Body of a message-status webhook, version v1. */
export const receiptBody = (message: TakenMessage, status: Status, now: number): string =>
  JSON.stringify({
    message_uuid: message.id,
    to: message.to,
    from: message.from,
    timestamp: `${new Date(now).toISOString().slice(0, 19)}Z`,
    status,
    channel: 'sms',
    ...(message.clientRef !== undefined && { client_ref: message.clientRef }),
    ...(errorOf[status] && { error: errorOf[status]() }),
    usage: { currency: 'EUR', price: (price * message.segments).toFixed(4) },
    destination: { network_code: testNetwork },
    sms: { count_total: String(message.segments) },
  });

export interface Signer {
  readonly apiKey: string;
  readonly applicationId?: string | undefined;
  readonly signatureSecret: string;
}

/** Long ago enough for any receiver that looks at `iat`. */
const stale = 3_600;

/** `Authorization` of a signed webhook: a JWT over the body's hash, or what the fault wanted makes of it. `now` in milliseconds. */
export async function receiptAuthorization(
  body: string,
  signer: Signer,
  signature: ReceiptSignature,
  now: number,
  id: string,
): Promise<string | undefined> {
  if (signature === 'absent') return undefined;
  const hashed = signature === 'wrong-hash' ? `${body} ` : body;
  const secret = signature === 'wrong-secret' ? `${signer.signatureSecret}-of-someone-else` : signer.signatureSecret;
  const token = await new SignJWT({
    api_key: signer.apiKey,
    ...(signer.applicationId !== undefined && { application_id: signer.applicationId }),
    payload_hash: createHash('sha256').update(hashed).digest('hex'),
  })
    .setProtectedHeader({ typ: 'JWT', alg: 'HS256' })
    .setIssuer('Vonage')
    .setIssuedAt(Math.floor(now / 1_000) - (signature === 'stale' ? stale : 0))
    .setJti(id)
    .sign(new TextEncoder().encode(secret));
  return `Bearer ${token}`;
}
