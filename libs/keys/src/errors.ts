/**
 * What can be wrong with a key or with something sealed.
 *
 * `KEY_MALFORMED` is not a key at all, `KEY_UNSUPPORTED` is one that we do not take, `KEY_WEAK` is one that protects nobody: too short, off
 * its curve, of low order, made by a broken generator, or no secret any more because its private part was sent along.
 * `SEAL_BROKEN` says only that something sealed did not open, never why: why would be an oracle.
 */
export const keyErrorCodes = [
  'KEY_MALFORMED',
  'KEY_UNSUPPORTED',
  'KEY_WEAK',
  'SEAL_BROKEN',
  'SECRET_TOO_LONG',
  'SMS_TEXT_MALFORMED',
  'TEXT_NOT_GSM7',
  'AT_REST_BROKEN',
  'CERTIFICATE_MALFORMED',
] as const;

export type KeyErrorCode = (typeof keyErrorCodes)[number];

/** The only error that this library throws on bad input. The message never holds key material or a secret. */
export class KeyError extends Error {
  override readonly name = 'KeyError';

  constructor(
    readonly code: KeyErrorCode,
    message: string,
  ) {
    super(message);
  }
}
