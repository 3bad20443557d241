import { CallbookError, type Verification } from '@callbook/contracts';
import { findVerification, type SessionRequest } from './read-verification.js';
import { sealedMessage } from './sealed-message.js';
import type { StartDeps } from './start-verification.js';
import { requireOpen, requireResendable, viewOf } from './verification.js';

/**
 * 1 check  2 make a fresh secret and seal it  3 replace the secret's hash and insert the message in one transaction (the commit)
 * 4 queue the message.
 * The secret before is worth nothing from 3 on. Attempts are not given back. Crash between 3 and 4: the sweeper queues the message.
 * Errors: VERIFICATION_UNKNOWN, VERIFICATION_EXPIRED, VERIFICATION_CLOSED, RESEND_TOO_SOON; RATE_LIMITED when it has had its messages.
 */
export async function resendMessage(deps: Omit<StartDeps, 'accounts'>, request: SessionRequest): Promise<Verification> {
  const now = deps.clock();
  const row = await findVerification(deps, request);
  requireOpen(row, now);
  requireResendable(row, now);
  const fresh = await sealedMessage(deps, row);
  const resendAfter = now + deps.policy.resendAfter;
  const renewed = await deps.verifications.renew(row.id, { ...fresh, resendAfter }, now);
  const after = await findVerification(deps, request);
  if (!renewed) {
    // Another request came between: whatever it did is the reason.
    requireOpen(after, now);
    requireResendable(after, now);
    throw new CallbookError('RESEND_TOO_SOON', 'another message was asked for just now', { retryAfter: 1 });
  }
  await deps.enqueue(fresh.message.id);
  return viewOf(after, now);
}
