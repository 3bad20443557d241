import { createHash, timingSafeEqual } from 'node:crypto';

/** 128 bits: more than anyone can guess, and little enough to fit one SMS when sealed. */
export const secretOctets = 16;

/**
 * What is kept of a secret: SHA-256 over the verification's id and the secret. A slow hash would add nothing, for a secret of 128 random
 * bits cannot be searched for; the id keeps a hash from meaning anything in another row.
 */
export const secretHash = (verificationId: string, secret: Uint8Array): Uint8Array<ArrayBuffer> =>
  new Uint8Array(createHash('sha256').update(`${verificationId}\n`).update(secret).digest());

/** Takes as long for a near miss as for a far one. */
export const sameHash = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && timingSafeEqual(a, b);
