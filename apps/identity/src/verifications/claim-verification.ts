import { CallbookError, type Verification } from '@callbook/contracts';
import { findVerification, type ReadDeps, type SessionRequest } from './read-verification.js';
import { sameHash, secretHash } from './secret.js';
import { requireOpen, viewOf, type VerificationRow } from './verification.js';

export interface ClaimDeps extends ReadDeps {
  /** The compact JWS that says that it was proved at `now`. */
  readonly attest: (row: VerificationRow, now: number) => Promise<string>;
}

/**
 * 1 compare the secrets' hashes  2 right: sign the attestation and make the verification valid; wrong: take one attempt (either is the
 * commit: one statement that holds only while the verification is open and has the hash that was compared).
 * However many guess at once, each is told something only after its own commit, so that exactly as many wrong ones are answered as there
 * were attempts, and one right one wins. Crash before the commit: nothing has happened. After it: the attestation can be read.
 * Errors: VERIFICATION_UNKNOWN, VERIFICATION_CLOSED, VERIFICATION_EXPIRED, SECRET_WRONG.
 */
export async function claimVerification(
  deps: ClaimDeps,
  request: SessionRequest & { readonly secret: string },
): Promise<Verification> {
  const now = deps.clock();
  const guess = secretHash(request.id, Buffer.from(request.secret, 'base64url'));
  for (;;) {
    const row = await findVerification(deps, request);
    requireOpen(row, now);
    const hash = row.secretHash!;
    if (sameHash(guess, hash)) {
      const attestation = await deps.attest(row, now);
      if (await deps.verifications.makeValid(row.id, hash, attestation, now))
        return viewOf({ ...row, status: 'valid', attestation }, now);
    } else if (await deps.verifications.countAttempt(row.id, hash, now)) {
      throw new CallbookError('SECRET_WRONG', 'that is not the secret that was sent last');
    }
    // Another claim or a resend came between: look again. Each time one of few attempts or messages is gone, so that this ends.
  }
}
