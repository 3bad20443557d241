import { z } from 'zod';
import { rpc, service } from './service.js';
import { PublishedKey, RouteInput, Statement } from './statement.js';
import { AccountId, CompactJws, FlattenedJws, IdentifierUri, Jwks, Nothing, PublicJwk, Timestamp } from './values.js';

/** A binding as its holder sees it. */
export const Binding = z
  .object({
    identifier: IdentifierUri,
    sequence: z.int(),
    hash: z.string().meta({ description: 'base64url SHA-256 of the statement; the next one names it as `previous`' }),
    statement: Statement,
    proof: FlattenedJws.meta({ description: 'The request that carried the statement, as it came' }),
    attestation: CompactJws.meta({ description: "The directory's countersignature" }),
    publishedAt: Timestamp,
  })
  .meta({ id: 'Binding', description: 'What is published for an identifier, with its proofs' });
export type Binding = z.infer<typeof Binding>;

/** What of a binding becomes DNS: carried by the event, and by the export from which the signer can rebuild. */
export const BindingContent = z.object({
  identifier: IdentifierUri,
  sequence: z.int(),
  hash: z.string(),
  visibility: z.enum(['dns']),
  routes: z.array(RouteInput),
  keys: z.array(PublishedKey),
  ttl: z.int(),
});
export type BindingContent = z.output<typeof BindingContent>;

export const records = service('records', {
  /**
   * Takes a statement: `proof` is the JWS that carried it, `accountKey` the key that its header names. Repeating a statement that was taken
   * answers as the first time. Errors: STATEMENT_MALFORMED, STATEMENT_MISMATCH, SIGNATURE_INVALID, IDENTIFIER_NOT_VERIFIED,
   * ATTESTATION_INVALID, NOT_THE_HOLDER, SEQUENCE_CONFLICT, PREVIOUS_MISMATCH, and those of routes and keys.
   */
  'binding.publish': rpc({
    request: z.object({ identifier: IdentifierUri, account: AccountId, accountKey: PublicJwk, proof: FlattenedJws }),
    reply: Binding,
    callers: ['gateway'],
  }),
  /** Errors: BINDING_UNKNOWN, also for a binding of another account. */
  'binding.read': rpc({
    request: z.object({ identifier: IdentifierUri, account: AccountId }),
    reply: Binding,
    callers: ['gateway'],
  }),
  /** All bindings in order of identifier, a page at a time. */
  'binding.export': rpc({
    request: z.object({ after: IdentifierUri.optional(), limit: z.int().min(1).max(1_000) }),
    reply: z.object({ bindings: z.array(BindingContent), next: IdentifierUri.optional() }),
    callers: ['signer'],
    timeout: 30_000,
  }),
  /** Public countersigning keys, newest first. */
  'countersigning.keys': rpc({ request: Nothing, reply: Jwks, callers: ['gateway'] }),
});
