import { KeyError } from './errors.js';
import { publicKeyFromSpki } from './public-key.js';
import type { PublicKey } from './public-key.js';

/** The body of a block may be wrapped at any width and with any line ends (RFC 7468 §3, lax parsing). */
const block = /^\s*-----BEGIN ([A-Z0-9 ]{1,64})-----([A-Za-z0-9+/=\s]*)-----END \1-----\s*$/;

/**
 * Reads a `PUBLIC KEY` block (RFC 7468 §13), alone in its text.
 * @throws KeyError KEY_MALFORMED, KEY_UNSUPPORTED for a block of another kind, KEY_WEAK also for a private key
 */
export function publicKeyFromPem(text: string): PublicKey {
  if (/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/.test(text))
    throw new KeyError('KEY_WEAK', 'the PEM text has a private key: that key is no secret any more');
  const [, label, body] = block.exec(text) ?? [];
  if (label === undefined || body === undefined) throw new KeyError('KEY_MALFORMED', 'the text is not one PEM block');
  if (label !== 'PUBLIC KEY')
    throw new KeyError('KEY_UNSUPPORTED', `the PEM block is of kind ${label}: give a PUBLIC KEY`);
  const base64 = body.replace(/\s+/g, '');
  const der = Buffer.from(base64, 'base64');
  if (der.toString('base64') !== base64) throw new KeyError('KEY_MALFORMED', 'the PEM block is not base64');
  return publicKeyFromSpki(new Uint8Array(der));
}

/** A `PUBLIC KEY` block of lines of 64 characters, as OpenSSL writes it. */
export function pemOf(key: PublicKey): string {
  const lines = Buffer.from(key.spki)
    .toString('base64')
    .match(/.{1,64}/g)!;
  return ['-----BEGIN PUBLIC KEY-----', ...lines, '-----END PUBLIC KEY-----', ''].join('\n');
}
