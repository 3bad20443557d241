import { CallbookError, type Verification, type PublicJwk } from '@callbook/contracts';
import type { MessageState } from '../messages/message-state.js';

/** A verification as it is kept. Times are milliseconds since 1970. */
export interface VerificationRow {
  readonly id: string;
  readonly account: string;
  readonly identifier: string;
  readonly channel: Verification['channel'];
  readonly purpose: Verification['purpose'];
  /** `closed`: another took its place. Expiry and spent attempts are not written down, but follow from the other fields. */
  readonly status: 'pending' | 'valid' | 'closed';
  readonly encryptionKey: PublicJwk;
  /** There while pending. */
  readonly secretHash?: Uint8Array;
  readonly attemptsLeft: number;
  readonly messagesLeft: number;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly resendAfter: number;
  readonly attestation?: string;
  /** Of the newest message. */
  readonly delivery: MessageState;
}

/** Why a verification takes no more secrets and sends no more messages; undefined while it does. */
export function ended(row: VerificationRow, now: number): 'VERIFICATION_CLOSED' | 'VERIFICATION_EXPIRED' | undefined {
  if (row.status !== 'pending' || row.attemptsLeft <= 0) return 'VERIFICATION_CLOSED';
  return row.expiresAt <= now ? 'VERIFICATION_EXPIRED' : undefined;
}

const explanations = {
  VERIFICATION_CLOSED: 'this verification has been claimed, has had its attempts, or was replaced by a newer one',
  VERIFICATION_EXPIRED: 'this verification has expired: start another',
} as const;

export function requireOpen(row: VerificationRow, now: number): void {
  const code = ended(row, now);
  if (code) throw new CallbookError(code, explanations[code]);
}

/** Errors: RESEND_TOO_SOON and RATE_LIMITED, with the seconds to wait. */
export function requireResendable(row: VerificationRow, now: number): void {
  if (row.messagesLeft <= 0)
    throw new CallbookError('RATE_LIMITED', 'no more messages are sent for this verification', {
      retryAfter: secondsUntil(row.expiresAt, now),
    });
  if (row.resendAfter > now)
    throw new CallbookError('RESEND_TOO_SOON', 'the message before may still be on its way', {
      retryAfter: secondsUntil(row.resendAfter, now),
    });
}

/** Whole seconds, at least one, after which `time` has come. */
export const secondsUntil = (time: number, now: number): number => Math.max(1, Math.ceil((time - now) / 1_000));

/** What the holder of the account sees. */
export function viewOf(row: VerificationRow, now: number): Verification {
  const status = row.status === 'valid' ? 'valid' : ended(row, now) ? 'invalid' : 'pending';
  return {
    id: row.id,
    identifier: row.identifier,
    channel: row.channel,
    purpose: row.purpose,
    status,
    delivery: row.delivery,
    expires: new Date(row.expiresAt).toISOString(),
    resendAfter: new Date(row.resendAfter).toISOString(),
    attemptsLeft: row.attemptsLeft,
    ...(row.attestation !== undefined && { attestation: row.attestation }),
  };
}
