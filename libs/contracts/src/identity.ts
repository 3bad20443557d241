import { z } from 'zod';
import { rpc, service } from './service.js';
import {
  AccountId,
  base64url,
  CompactJws,
  IdentifierInput,
  IdentifierUri,
  Jwks,
  Nothing,
  PublicJwk,
  Timestamp,
} from './values.js';

export const VerificationId = z.uuid().meta({ id: 'VerificationId' });

export const Verification = z
  .object({
    id: VerificationId,
    identifier: IdentifierUri,
    channel: z.enum(['sms']),
    purpose: z.enum(['bind']),
    /** `pending` until claimed; `invalid` once expired or out of attempts. */
    status: z.enum(['pending', 'valid', 'invalid']),
    delivery: z.enum(['queued', 'sending', 'sent', 'delivered', 'failed']),
    expires: Timestamp,
    resendAfter: Timestamp,
    attemptsLeft: z.int().min(0),
    attestation: CompactJws.optional().meta({ description: 'Only when valid' }),
  })
  .meta({ id: 'Verification', description: 'A proof of an identifier under way' });
export type Verification = z.infer<typeof Verification>;

export const StartVerification = z
  .object({
    identifier: IdentifierInput,
    channel: z.enum(['sms']).default('sms'),
    purpose: z.enum(['bind']).default('bind'),
    encryptionKey: PublicJwk.optional().meta({
      description: 'X25519, P-256 or RSA key to which the secret is sealed; needed with an Ed25519 account key',
    }),
  })
  .strict()
  .meta({ id: 'StartVerification' });
export type StartVerification = z.output<typeof StartVerification>;

export const Claim = z
  .object({ secret: base64url(64).meta({ description: '16 octets, base64url, as unsealed from the message' }) })
  .strict()
  .meta({ id: 'Claim' });

export const Account = z.object({ id: AccountId, createdAt: Timestamp, created: z.boolean() }).meta({ id: 'Account' });
export type Account = z.infer<typeof Account>;

const ofAccount = { account: AccountId, id: VerificationId };

/** A status of a message, as the provider's signed webhook told it (Vonage Messages API, status webhook v1). */
export const DeliveryReport = z.object({
  messageId: z.string().max(64),
  status: z.enum(['submitted', 'delivered', 'rejected', 'undeliverable']),
  at: z.string().max(64),
});

export const identity = service('identity', {
  /** Makes or finds the account of a key. Errors: those of `publicKeyFromJwk`. */
  'account.open': rpc({ request: z.object({ key: PublicJwk }), reply: Account, callers: ['gateway'] }),
  /** The key of an account. Errors: ACCOUNT_UNKNOWN. */
  'account.key': rpc({
    request: z.object({ account: AccountId }),
    reply: z.object({ key: PublicJwk }),
    callers: ['gateway'],
  }),
  /** Errors: ACCOUNT_UNKNOWN, ENCRYPTION_KEY_REQUIRED, CHANNEL_UNAVAILABLE, RATE_LIMITED, and those of number and key parsing. */
  'verification.start': rpc({
    request: StartVerification.extend({ account: AccountId }),
    reply: Verification,
    callers: ['gateway'],
  }),
  /** Errors: VERIFICATION_UNKNOWN, also for a session of another account. */
  'verification.read': rpc({ request: z.object(ofAccount), reply: Verification, callers: ['gateway'] }),
  /** Errors: VERIFICATION_UNKNOWN, SECRET_WRONG, VERIFICATION_EXPIRED, VERIFICATION_CLOSED. */
  'verification.claim': rpc({ request: Claim.extend(ofAccount), reply: Verification, callers: ['gateway'] }),
  /** Sends a message again with a fresh secret. Errors: VERIFICATION_UNKNOWN, RESEND_TOO_SOON, RATE_LIMITED, VERIFICATION_EXPIRED, VERIFICATION_CLOSED. */
  'verification.resend': rpc({ request: z.object(ofAccount), reply: Verification, callers: ['gateway'] }),
  /** The provider's webhook as it came; identity holds the secret that signs it. Errors: WEBHOOK_UNSIGNED, REQUEST_MALFORMED. */
  'delivery.report': rpc({
    request: z.object({ authorization: z.string().max(4_096), body: z.string().max(65_536) }),
    reply: Nothing,
    callers: ['gateway'],
  }),
  /** Public attestation keys, newest first. */
  'attestation.keys': rpc({ request: Nothing, reply: Jwks, callers: ['gateway', 'records'] }),
});
