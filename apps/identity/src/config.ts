import { count, duration, processSettings, secretKey } from '@callbook/process';
import { z } from 'zod';

/** A host name in lower case, without a final dot. */
const directoryName = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

export const IdentityConfig = z
  .strictObject({
    ...processSettings,
    /** PostgreSQL, as in `postgresql://identity:…@127.0.0.1:5432/callbook?schema=identity`. */
    databaseUrl: z.url({ protocol: /^postgres(ql)?$/ }),
    /** Redis with `maxmemory-policy noeviction`, as in `redis://:…@127.0.0.1:6379`. */
    redisUrl: z.url({ protocol: /^rediss?$/ }),
    /** Seals the attestation key at rest: 32 octets, base64url. */
    keyEncryptionKey: secretKey(),
    /** Name of the directory: its zone's apex without the final dot. */
    directoryName: z.string().regex(directoryName, 'is not a host name in lower case'),
    /** Vonage account; with `vonageApiSecret`, used where no application is given. */
    vonageApiKey: z.string().min(1).optional(),
    vonageApiSecret: z.string().min(1).optional(),
    /** Vonage application; with `vonagePrivateKey` (PEM), preferred. */
    vonageApplicationId: z.string().min(1).optional(),
    vonagePrivateKey: z.string().includes('PRIVATE KEY', { message: 'is not a private key in PEM' }).optional(),
    /** Signs Vonage's webhooks. */
    vonageSignatureSecret: z.string().min(16),
    /** Base URL of Vonage's API; Vonage's own when absent. */
    vonageApiUrl: z.url({ protocol: /^https?$/ }).optional(),
    /** Sender of the messages: a number, or up to 11 letters and digits. */
    vonageSender: z.string().regex(/^(\d{1,15}|[A-Za-z0-9 ]{1,11})$/, 'is neither a number nor up to 11 characters'),
    /** Where Vonage reports what became of a message: the gateway's `/hooks/vonage/status`. */
    vonageWebhookUrl: z.url({ protocol: /^https?$/ }),
    /** How long to wait for Vonage's answer. */
    vonageTimeout: duration().default(5_000),
    /** How long a verification may be claimed. */
    verificationLifetime: duration().default(15 * 60_000),
    /** How long after a message the next may be asked for. */
    resendAfter: duration().default(30_000),
    /** Wrong secrets after which a verification ends. */
    attempts: count(1, 100).default(5),
    /** Messages of one verification, the first included. */
    messagesPerVerification: count(1, 20).default(3),
    /** Verifications of one identifier in an hour, over all accounts. */
    verificationsPerHour: count(1, 1_000_000).default(5),
    /** How long an attestation holds. */
    attestationLifetime: duration().default(30 * 86_400_000),
    /** How often messages without a job are looked for, and old verifications deleted. */
    sweepInterval: duration().default(5_000),
  })
  .refine((c) => (c.vonageApplicationId && c.vonagePrivateKey) || (c.vonageApiKey && c.vonageApiSecret), {
    path: ['vonageApplicationId'],
    message: 'Vonage needs an application with its private key, or an API key with its secret',
  })
  .refine((c) => c.resendAfter < c.verificationLifetime, {
    path: ['resendAfter'],
    message: 'must be shorter than the lifetime of a verification',
  });
export type IdentityConfig = z.output<typeof IdentityConfig>;
