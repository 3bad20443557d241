import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { KeyError } from './errors.js';

/** Version octet, nonce, tag, ciphertext. AES-256-GCM (NIST SP 800-38D): random nonces are good for 2^32 values under one key. */
const version = 1;
const nonceSize = 12;
const tagSize = 16;
const overhead = 1 + nonceSize + tagSize;
const keySize = 32;

/**
 * Seals what a service keeps in its database.
 * @param kek key-encryption key, 32 octets
 * @param purpose what it is and whose, as in `zone key callbook.example 12345`: opens only under the same one, so that a row copied over
 * another row does not open
 * @throws KeyError KEY_MALFORMED for a key of another size
 */
export function sealAtRest(plain: Uint8Array, kek: Uint8Array, purpose: string): Uint8Array {
  const nonce = randomBytes(nonceSize);
  const cipher = createCipheriv('aes-256-gcm', checkedKey(kek), nonce).setAAD(boundTo(purpose));
  const ciphertext = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Uint8Array.from(Buffer.concat([Uint8Array.of(version), nonce, cipher.getAuthTag(), ciphertext]));
}

/** @throws KeyError AT_REST_BROKEN when key or purpose is another, or the octets were changed; KEY_MALFORMED */
export function openAtRest(sealed: Uint8Array, kek: Uint8Array, purpose: string): Uint8Array {
  const key = checkedKey(kek);
  if (sealed.length < overhead || sealed[0] !== version)
    throw new KeyError('AT_REST_BROKEN', 'what was sealed at rest is not in a form that we know');
  const nonce = sealed.subarray(1, 1 + nonceSize);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagSize })
    .setAAD(boundTo(purpose))
    .setAuthTag(sealed.subarray(1 + nonceSize, overhead));
  const plain = decipher.update(sealed.subarray(overhead));
  try {
    decipher.final();
  } catch {
    plain.fill(0);
    throw new KeyError('AT_REST_BROKEN', 'what was sealed at rest does not open with this key for this purpose');
  }
  return Uint8Array.from(plain);
}

const boundTo = (purpose: string): Uint8Array => Buffer.from(`callbook at rest ${version}\n${purpose}`, 'utf8');

function checkedKey(kek: Uint8Array): Uint8Array {
  if (kek.length !== keySize) throw new KeyError('KEY_MALFORMED', `a key-encryption key has ${keySize} octets`);
  return kek;
}
