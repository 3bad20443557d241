import { z } from 'zod';
import type { ErrorCode } from './errors.js';
import { Account, Claim, StartVerification, Verification, VerificationId } from './identity.js';
import { Binding } from './records.js';
import { ZoneHead } from './signer.js';
import { Statement } from './statement.js';
import { AccountId, IdentifierUri, Jwks } from './values.js';

/** The write plane over HTTP, in the style of ACME (RFC 8555 §6). The gateway serves this table, and the OpenAPI document is made from it. */
export interface Endpoint {
  readonly method: 'GET' | 'HEAD' | 'POST';
  /** RFC 6570 style `{name}` variables. */
  readonly path: string;
  readonly summary: string;
  readonly parameters?: Readonly<Record<string, z.ZodType<string>>>;
  /** `jws`: the body is a flattened JWS whose payload is this schema; `none` is POST-as-GET or no body; `provider`: the SMS provider's own form. */
  readonly signedBy: 'nobody' | 'jwk' | 'kid' | 'provider';
  readonly payload: z.ZodType | 'none';
  /** An empty payload reads instead of writing (POST-as-GET, RFC 8555 §6.3). */
  readonly readable?: true;
  readonly status: 200 | 201 | 204;
  /** The same reply with another status: nothing had to be made. */
  readonly unchangedStatus?: 200;
  readonly reply: z.ZodType | 'empty';
  readonly errors: readonly ErrorCode[];
}

export const envelopeErrors = [
  'BAD_NONCE',
  'JWS_MALFORMED',
  'JWS_ALGORITHM',
  'SIGNATURE_INVALID',
  'URL_MISMATCH',
  'ACCOUNT_UNKNOWN',
  'REQUEST_MALFORMED',
  'CONTENT_TYPE',
  'TOO_LARGE',
  'UNAVAILABLE',
] as const satisfies readonly ErrorCode[];

export const Directory = z
  .object({
    newNonce: z.url(),
    newAccount: z.url(),
    newVerification: z.url(),
    bindings: z.string().meta({ description: 'URI template (RFC 6570): {identifier}' }),
    keys: z.url(),
    openapi: z.url(),
    meta: z.object({
      name: z.string(),
      zone: ZoneHead,
      website: z.url().optional(),
      termsOfService: z.url().optional(),
    }),
  })
  .meta({ id: 'Directory', description: 'Every URL of this directory, RFC 8555 §7.1.1' });
export type Directory = z.infer<typeof Directory>;

/** A binding with the serial of the zone that every look-up replica serves; absent when the client did not ask to wait, or not all did in time. */
export const PublishedBinding = Binding.extend({
  servedSince: z.int().optional().meta({ description: 'Zone serial that every replica serves' }),
}).meta({ id: 'PublishedBinding' });
export type PublishedBinding = z.infer<typeof PublishedBinding>;

const verification = { id: VerificationId };

export const api = {
  directory: {
    method: 'GET',
    path: '/directory',
    summary: 'Every URL of this directory',
    signedBy: 'nobody',
    payload: 'none',
    status: 200,
    reply: Directory,
    errors: [],
  },
  newNonce: {
    method: 'HEAD',
    path: '/v1/nonce',
    summary: 'A fresh nonce in Replay-Nonce',
    signedBy: 'nobody',
    payload: 'none',
    status: 200,
    reply: 'empty',
    errors: [],
  },
  keys: {
    method: 'GET',
    path: '/v1/keys',
    summary: 'Keys that sign attestations and countersignatures',
    signedBy: 'nobody',
    payload: 'none',
    status: 200,
    reply: Jwks,
    errors: [],
  },
  newAccount: {
    method: 'POST',
    path: '/v1/accounts',
    summary: 'Make, or find, the account of a key',
    signedBy: 'jwk',
    payload: z.object({}).strict(),
    status: 201,
    unchangedStatus: 200,
    reply: Account,
    errors: [],
  },
  account: {
    method: 'POST',
    path: '/v1/accounts/{account}',
    summary: 'Read your account',
    parameters: { account: AccountId },
    signedBy: 'kid',
    payload: 'none',
    status: 200,
    reply: Account,
    errors: ['NOT_YOURS'],
  },
  startVerification: {
    method: 'POST',
    path: '/v1/verifications',
    summary: 'Begin to prove that you hold an identifier: a sealed secret is sent to it',
    signedBy: 'kid',
    payload: StartVerification,
    status: 201,
    reply: Verification,
    errors: ['ENCRYPTION_KEY_REQUIRED', 'CHANNEL_UNAVAILABLE', 'NUMBER_MALFORMED', 'NUMBER_IMPOSSIBLE', 'RATE_LIMITED'],
  },
  verification: {
    method: 'POST',
    path: '/v1/verifications/{id}',
    summary: 'Read a verification',
    parameters: verification,
    signedBy: 'kid',
    payload: 'none',
    status: 200,
    reply: Verification,
    errors: ['VERIFICATION_UNKNOWN'],
  },
  claim: {
    method: 'POST',
    path: '/v1/verifications/{id}/claim',
    summary: 'Prove it, with the secret that was sent',
    parameters: verification,
    signedBy: 'kid',
    payload: Claim,
    status: 200,
    reply: Verification,
    errors: ['VERIFICATION_UNKNOWN', 'SECRET_WRONG', 'VERIFICATION_EXPIRED', 'VERIFICATION_CLOSED'],
  },
  resend: {
    method: 'POST',
    path: '/v1/verifications/{id}/resend',
    summary: 'Send again, with a fresh secret',
    parameters: verification,
    signedBy: 'kid',
    payload: z.object({}).strict(),
    status: 200,
    reply: Verification,
    errors: ['VERIFICATION_UNKNOWN', 'RESEND_TOO_SOON', 'RATE_LIMITED', 'VERIFICATION_EXPIRED', 'VERIFICATION_CLOSED'],
  },
  binding: {
    method: 'POST',
    path: '/v1/bindings/{identifier}',
    summary:
      'Publish or replace what your identifier resolves to; read it with an empty payload. `Prefer: wait=5` (RFC 7240) answers when every look-up replica serves it',
    parameters: { identifier: IdentifierUri },
    signedBy: 'kid',
    payload: Statement,
    readable: true,
    status: 200,
    reply: PublishedBinding,
    errors: [
      'STATEMENT_MALFORMED',
      'STATEMENT_MISMATCH',
      'IDENTIFIER_NOT_VERIFIED',
      'ATTESTATION_INVALID',
      'NOT_THE_HOLDER',
      'SEQUENCE_CONFLICT',
      'PREVIOUS_MISMATCH',
      'BINDING_UNKNOWN',
    ],
  },
  vonageStatus: {
    method: 'POST',
    path: '/hooks/vonage/status',
    summary: 'Delivery receipts of the SMS provider (signed by it)',
    signedBy: 'provider',
    payload: 'none',
    status: 204,
    reply: 'empty',
    errors: ['WEBHOOK_UNSIGNED', 'REQUEST_MALFORMED', 'UNAVAILABLE'],
  },
} as const satisfies Readonly<Record<string, Endpoint>>;

export type EndpointName = keyof typeof api;

/** The URL path of an endpoint with its variables filled in, percent-encoded. */
export function pathOf(name: EndpointName, variables: Readonly<Record<string, string>> = {}): string {
  return api[name].path.replace(/\{(\w+)\}/g, (_, variable: string) => {
    const value = variables[variable];
    if (value === undefined) throw new TypeError(`${name} needs ${variable}`);
    return encodeURIComponent(value);
  });
}
