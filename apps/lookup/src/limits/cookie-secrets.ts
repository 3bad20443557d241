import { hkdfSync } from 'node:crypto';

/** Seconds for which one secret signs: a day, well under the 26 hours of RFC 7873 §7.1. */
export const cookieSecretPeriod = 86_400;

/**
 * The secrets of server cookies, the one that signs first. They come from the root alone, so that replicas which share it understand each
 * other's cookies and change secrets without being told (RFC 9018 §5): those of the period before are accepted, since a client keeps its cookie
 * for an hour, and those of the next, since clocks differ.
 *
 * @param root 32 octets
 * @param seconds since 1970
 */
export function cookieSecretsAt(root: Uint8Array, seconds: number): Uint8Array[] {
  const period = Math.floor(seconds / cookieSecretPeriod);
  return [period, period - 1, period + 1].map((each) => secretOf(root, each));
}

/** When, in seconds since 1970, the list of `cookieSecretsAt` is another one. */
export const nextCookieSecrets = (seconds: number): number =>
  (Math.floor(seconds / cookieSecretPeriod) + 1) * cookieSecretPeriod;

const secretOf = (root: Uint8Array, period: number): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', root, new Uint8Array(0), `callbook dns cookie secret ${period}`, 16));
