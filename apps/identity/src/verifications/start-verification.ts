import { CallbookError, type PublicJwk, type StartVerification, type Verification } from '@callbook/contracts';
import { jwkOf, publicKeyFromJwk } from '@callbook/keys';
import type { Clock } from '@callbook/process';
import type { AccountStore } from '../accounts/account-store.js';
import { accountOf } from '../accounts/open-account.js';
import { sealedMessage, type SealDeps } from './sealed-message.js';
import { telephoneIdentifier } from './telephone-number.js';
import { secondsUntil, viewOf } from './verification.js';
import type { VerificationStore } from './verification-store.js';

/** How many, how long. Times are milliseconds. */
export interface VerificationPolicy {
  readonly lifetime: number;
  readonly resendAfter: number;
  readonly attempts: number;
  readonly messagesPerVerification: number;
  readonly verificationsPerHour: number;
}

const hour = 3_600_000;

export interface StartDeps extends SealDeps {
  readonly accounts: AccountStore;
  readonly verifications: VerificationStore;
  /** Makes sure that the message is sent soon; never throws, and may do nothing. */
  readonly enqueue: (messageId: string) => Promise<void>;
  readonly policy: VerificationPolicy;
  readonly clock: Clock;
}

/**
 * 1 check the number and the key  2 make a secret and seal it  3 insert verification and message in one transaction (the commit)
 * 4 queue the message.
 * Crash before 3: nothing has happened. Crash between 3 and 4: the sweeper queues the message within seconds.
 * The answer is the same whoever holds the number, and whether or not anyone does.
 * Errors: ACCOUNT_UNKNOWN, ENCRYPTION_KEY_REQUIRED, RATE_LIMITED, those of `telephoneIdentifier` and `publicKeyFromJwk`.
 */
export async function startVerification(
  deps: StartDeps,
  request: StartVerification & { readonly account: string },
): Promise<Verification> {
  const { clock, policy } = deps;
  const identifier = telephoneIdentifier(request.identifier);
  const account = await accountOf(deps, request.account);
  const encryptionKey = sealingKey(request.encryptionKey, account.key);
  const now = clock();
  const id = deps.newId();
  const { secretHash, message } = await sealedMessage(deps, { id, identifier, encryptionKey });
  const row = {
    id,
    account: account.id,
    identifier,
    channel: request.channel,
    purpose: request.purpose,
    encryptionKey,
    secretHash,
    attemptsLeft: policy.attempts,
    messagesLeft: policy.messagesPerVerification - 1,
    expiresAt: now + policy.lifetime,
    resendAfter: now + policy.resendAfter,
  };
  const limit = { verifications: policy.verificationsPerHour, window: hour };
  const result = await deps.verifications.insert(row, message, limit, now);
  if (!result.inserted)
    throw new CallbookError('RATE_LIMITED', 'too many verifications of this identifier: try again later', {
      retryAfter: secondsUntil(result.retryAt, now),
    });
  await deps.enqueue(message.id);
  return viewOf({ ...row, status: 'pending', createdAt: now, delivery: 'queued' }, now);
}

/** Errors: ENCRYPTION_KEY_REQUIRED, and those of `publicKeyFromJwk`. */
function sealingKey(given: PublicJwk | undefined, accountKey: PublicJwk): PublicJwk {
  const key = publicKeyFromJwk(given ?? accountKey);
  if (key.kind === 'ed25519')
    throw new CallbookError(
      'ENCRYPTION_KEY_REQUIRED',
      'nothing can be sealed to an Ed25519 key: give an X25519, P-256 or RSA encryptionKey',
    );
  return { ...jwkOf(key) };
}
