import { CallbookError, type Verification } from '@callbook/contracts';
import type { Clock } from '@callbook/process';
import { viewOf, type VerificationRow } from './verification.js';
import type { VerificationStore } from './verification-store.js';

export interface SessionRequest {
  readonly id: string;
  readonly account: string;
}

export interface ReadDeps {
  readonly verifications: VerificationStore;
  readonly clock: Clock;
}

/** With the attestation, once valid: an answer to a claim that was lost costs nothing. Errors: VERIFICATION_UNKNOWN. */
export const readVerification = async (deps: ReadDeps, request: SessionRequest): Promise<Verification> =>
  viewOf(await findVerification(deps, request), deps.clock());

/** Errors: VERIFICATION_UNKNOWN, also for one of another account, so that an id tells nothing to whoever finds it. */
export async function findVerification(
  deps: Pick<ReadDeps, 'verifications'>,
  { id, account }: SessionRequest,
): Promise<VerificationRow> {
  const row = await deps.verifications.find(id, account);
  if (!row) throw new CallbookError('VERIFICATION_UNKNOWN', 'there is no such verification');
  return row;
}
