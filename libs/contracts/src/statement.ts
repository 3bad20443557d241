import { createHash } from 'node:crypto';
import { z } from 'zod';
import { CallbookError } from './errors.js';
import { base64url, CompactJws, IdentifierUri, Timestamp } from './values.js';

export const RouteInput = z
  .object({
    service: z
      .string()
      .min(1)
      .max(64)
      .meta({ examples: ['E2U+sip'] }),
    uri: z
      .string()
      .min(1)
      .max(220)
      .meta({ examples: ['sip:alice@example.net'] }),
    order: z.int().min(0).max(65_535).default(100),
    preference: z.int().min(0).max(65_535).default(10),
  })
  .strict()
  .meta({ id: 'Route', description: 'One NAPTR record: an IANA enumservice and its URI' });

export const PublishedKey = z
  .object({
    use: z.enum(['identity', 'encryption']),
    format: z.literal('spki'),
    value: base64url(2_048).meta({ description: 'SubjectPublicKeyInfo (DER), base64url' }),
  })
  .strict()
  .meta({ id: 'PublishedKey', description: 'A key in DNS as SMIMEA 3 1 0 (RFC 8162)' });

/** Limits that keep every answer of one number inside one UDP packet or, at worst, a small TCP answer. */
const maximumRoutes = 16;
const maximumKeys = 4;

/**
 * What the holder signs. Sequence 1 is the first and has no `previous`; each later one names the SHA-256 of the statement before.
 * No routes and no keys: the binding stays, and nothing of it is in DNS.
 */
export const Statement = z
  .object({
    identifier: IdentifierUri,
    sequence: z
      .int()
      .min(1)
      .max(2 ** 53 - 1),
    previous: z
      .string()
      .regex(/^[A-Za-z0-9_-]{43}$/)
      .optional()
      .meta({ description: 'base64url SHA-256 of the payload of the statement before' }),
    issuedAt: Timestamp,
    visibility: z.enum(['dns']).default('dns'),
    routes: z.array(RouteInput).max(maximumRoutes),
    keys: z.array(PublishedKey).max(maximumKeys),
    ttl: z.int().min(30).max(86_400).default(300).meta({ description: 'seconds' }),
    attestation: CompactJws.optional().meta({
      description: 'Proof of the identifier from a valid claim; needed with the first statement',
    }),
  })
  .strict()
  .meta({ id: 'Statement', description: 'What the holder of an identifier publishes' });
export type Statement = z.output<typeof Statement>;
export type StatementInput = z.input<typeof Statement>;

/** The statement in the octets that were signed. Errors: STATEMENT_MALFORMED, with the first thing that is wrong. */
export function readStatement(payload: Uint8Array): Statement {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
  } catch (cause) {
    throw new CallbookError('STATEMENT_MALFORMED', 'the statement is not JSON in UTF-8', { cause });
  }
  const parsed = Statement.safeParse(json);
  if (!parsed.success)
    throw new CallbookError('STATEMENT_MALFORMED', z.prettifyError(parsed.error), { cause: parsed.error });
  return parsed.data;
}

/** The hash that the next statement names as `previous`: SHA-256 over the signed payload octets, base64url. */
export const statementHash = (payload: Uint8Array): string => createHash('sha256').update(payload).digest('base64url');
