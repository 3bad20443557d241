import { EnumError, type EnumErrorCode } from '@callbook/enum';
import { KeyError, type KeyErrorCode } from '@callbook/keys';
import { z } from 'zod';

/** HTTP status of each cause that a client may be told of. A new code does not compile into a problem until it stands here. */
const statusOfOwn = {
  // The envelope (RFC 8555 §6)
  BAD_NONCE: 400,
  JWS_MALFORMED: 400,
  JWS_ALGORITHM: 400,
  SIGNATURE_INVALID: 403,
  URL_MISMATCH: 403,
  ACCOUNT_UNKNOWN: 400,
  NOT_YOURS: 403,
  REQUEST_MALFORMED: 400,
  CONTENT_TYPE: 415,
  TOO_LARGE: 413,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  // Verifications
  ENCRYPTION_KEY_REQUIRED: 400,
  CHANNEL_UNAVAILABLE: 422,
  VERIFICATION_UNKNOWN: 404,
  VERIFICATION_EXPIRED: 410,
  VERIFICATION_CLOSED: 409,
  SECRET_WRONG: 403,
  RESEND_TOO_SOON: 429,
  WEBHOOK_UNSIGNED: 401,
  // Bindings
  STATEMENT_MALFORMED: 400,
  STATEMENT_MISMATCH: 400,
  IDENTIFIER_NOT_VERIFIED: 403,
  ATTESTATION_INVALID: 403,
  NOT_THE_HOLDER: 403,
  SEQUENCE_CONFLICT: 409,
  PREVIOUS_MISMATCH: 409,
  BINDING_UNKNOWN: 404,
  PUBLICATION_PENDING: 503,
  // Everywhere
  RATE_LIMITED: 429,
  UNAVAILABLE: 503,
  INTERNAL: 500,
} as const satisfies Record<string, number>;

export type ErrorCode = keyof typeof statusOfOwn | EnumErrorCode | KeyErrorCode;

/**
 * An error with a stable code. `retry: 'later'` says that the same request may succeed unchanged; whoever throws decides it.
 * `detail` may be shown to the client that sent the request, and is never logged: it may quote what the client sent.
 */
export class CallbookError extends Error {
  override readonly name = 'CallbookError';

  constructor(
    readonly code: ErrorCode,
    readonly detail: string,
    readonly options: { readonly retry?: 'later'; readonly retryAfter?: number; readonly cause?: unknown } = {},
  ) {
    super(detail, { cause: options.cause });
  }

  get retry(): 'later' | 'never' {
    return this.options.retry ?? 'never';
  }
}

/** What a pure library says of something that is ours, not the caller's. */
const ourFaults: ReadonlySet<string> = new Set<KeyErrorCode>(['AT_REST_BROKEN', 'CERTIFICATE_MALFORMED']);

/** Any thrown value as a `CallbookError`; what is not known to be the caller's fault says nothing about itself. */
export function callbookError(error: unknown): CallbookError {
  if (error instanceof CallbookError) return error;
  const ofCaller = (error instanceof EnumError || error instanceof KeyError) && !ourFaults.has(error.code);
  if (ofCaller) return new CallbookError(error.code, error.message, { cause: error });
  return new CallbookError('INTERNAL', 'internal error', { retry: 'later', cause: error });
}

/** The codes of the pure libraries all say that the caller's input is at fault. */
export const statusOf = (code: ErrorCode): number =>
  code in statusOfOwn ? statusOfOwn[code as keyof typeof statusOfOwn] : 400;

/** A problem document, RFC 9457 §3. `type` is `urn:callbook:error:` and the code in camel case. */
export const Problem = z
  .object({ type: z.string(), title: z.string(), status: z.int(), detail: z.string() })
  .meta({ id: 'Problem', description: 'RFC 9457 problem document' });
export type Problem = z.infer<typeof Problem>;

const camelCase = (code: string) => code.toLowerCase().replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
const words = (code: string) => code.toLowerCase().replaceAll('_', ' ');

export function problemOf(thrown: unknown): Problem {
  const error = callbookError(thrown);
  return {
    type: `urn:callbook:error:${camelCase(error.code)}`,
    title: words(error.code),
    status: statusOf(error.code),
    detail: error.detail,
  };
}

/** How an error crosses NATS: code, detail and when to come back; never a stack or a cause. */
export const ErrorReply = z.object({
  code: z.string(),
  detail: z.string(),
  retry: z.enum(['later', 'never']),
  retryAfter: z.number().optional(),
});
export type ErrorReply = z.infer<typeof ErrorReply>;

export const errorReply = (thrown: unknown): ErrorReply => {
  const error = callbookError(thrown);
  return {
    code: error.code,
    detail: error.detail,
    retry: error.retry,
    ...(error.options.retryAfter !== undefined && { retryAfter: error.options.retryAfter }),
  };
};

export const errorFromReply = (reply: ErrorReply): CallbookError =>
  new CallbookError(reply.code as ErrorCode, reply.detail, {
    ...(reply.retry === 'later' && { retry: 'later' as const }),
    ...(reply.retryAfter !== undefined && { retryAfter: reply.retryAfter }),
  });
