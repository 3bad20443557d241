import { z } from 'zod';
import { AccountId, IdentifierUri } from './values.js';

/**
 * What `identity` says when an identifier was proved: claims of a compact JWS (RFC 7515) by its attestation key, EdDSA, `typ` below.
 * Times are NumericDate (RFC 7519 §2): whole seconds since 1970.
 */
export const attestationType = 'callbook-attestation+jwt';
export const AttestationClaims = z.object({
  iss: z.string().meta({ description: 'Name of the directory: its zone apex' }),
  sub: IdentifierUri,
  account: AccountId,
  method: z.enum(['sms']),
  sealed: z.boolean().meta({ description: 'The secret could be read only with the private key' }),
  iat: z.int(),
  exp: z.int(),
  jti: z.string(),
});
export type AttestationClaims = z.infer<typeof AttestationClaims>;

/** What `records` says of a statement it has taken: claims of a compact JWS by its countersigning key, EdDSA. */
export const countersignatureType = 'callbook-countersignature+jwt';
export const CountersignatureClaims = z.object({
  iss: z.string(),
  sub: IdentifierUri,
  account: AccountId,
  sequence: z.int(),
  statement: z.string().meta({ description: 'base64url SHA-256 of the statement' }),
  method: z.enum(['sms']),
  provedAt: z.int(),
  iat: z.int(),
});
export type CountersignatureClaims = z.infer<typeof CountersignatureClaims>;
