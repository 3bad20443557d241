import { CallbookError, verificationSealInfo, type PublicJwk } from '@callbook/contracts';
import { publicKeyFromJwk, sealSecret, smsTextOf } from '@callbook/keys';
import type { NewMessage } from './verification-store.js';
import { secretHash, secretOctets } from './secret.js';

/** The provider takes no longer text (Vonage Messages API); an RSA key of 4,096 bits needs about 700 characters. */
const maximumText = 1_000;

export interface SealDeps {
  readonly randomBytes: (octets: number) => Uint8Array;
  readonly newId: () => string;
  readonly directory: string;
}

/** A fresh secret, sealed to the key as the text of a message, and the hash by which it will be known again. The secret itself ends here. */
export async function sealedMessage(
  deps: SealDeps,
  verification: { readonly id: string; readonly identifier: string; readonly encryptionKey: PublicJwk },
): Promise<{ secretHash: Uint8Array<ArrayBuffer>; message: NewMessage }> {
  const secret = deps.randomBytes(secretOctets);
  const info = verificationSealInfo(deps.directory, verification.id, verification.identifier);
  const sealed = await sealSecret(secret, publicKeyFromJwk(verification.encryptionKey), { info });
  const text = smsTextOf(sealed, deps.directory);
  if (text.length > maximumText)
    throw new CallbookError('KEY_UNSUPPORTED', 'a secret sealed to a key of this size does not fit a message');
  const kept = secretHash(verification.id, secret);
  secret.fill(0);
  return { secretHash: kept, message: { id: deps.newId(), text } };
}
