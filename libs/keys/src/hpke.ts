import { Aes128Gcm, CipherSuite, DhkemP256HkdfSha256, HkdfSha256 } from '@hpke/core';
import { DhkemX25519HkdfSha256 } from '@hpke/dhkem-x25519';
import type { JWK } from 'jose';
import { fromBase64url } from './base64url.js';
import { KeyError } from './errors.js';
import { materialOf } from './public-key.js';
import type { PublicKey } from './public-key.js';

export type HpkeKind = 'x25519' | 'p256';

/** The suites (RFC 9180 §7): X25519 in JavaScript, because WebCrypto's is experimental in Node 20 and missing in many browsers. @internal */
export const suites: Readonly<Record<HpkeKind, CipherSuite>> = {
  x25519: new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes128Gcm() }),
  p256: new CipherSuite({ kem: new DhkemP256HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes128Gcm() }),
};

export async function hpkeSeal(secret: Uint8Array, to: PublicKey, info: Uint8Array): Promise<Uint8Array> {
  const material = materialOf(to);
  const suite = suites[material.kind as HpkeKind];
  const octets =
    material.kind === 'p256'
      ? Buffer.concat([Uint8Array.of(4), material.x, material.y])
      : (material as { x: Uint8Array }).x;
  const recipientPublicKey = await suite.kem.deserializePublicKey(octets);
  const { enc, ct } = await suite.seal({ recipientPublicKey, info }, secret);
  return Uint8Array.from(Buffer.concat([new Uint8Array(enc), new Uint8Array(ct)]));
}

/** @throws KeyError SEAL_BROKEN, KEY_MALFORMED */
export async function hpkeOpen(
  sealed: Uint8Array,
  kind: HpkeKind,
  privateJwk: JWK,
  info: Uint8Array,
): Promise<Uint8Array> {
  const suite = suites[kind];
  const recipientKey = await privateKey(suite, privateJwk);
  const { encSize } = suite.kem;
  try {
    const enc = Uint8Array.from(sealed.subarray(0, encSize));
    return new Uint8Array(await suite.open({ recipientKey, enc, info }, Uint8Array.from(sealed.subarray(encSize))));
  } catch {
    throw new KeyError('SEAL_BROKEN', 'what was sealed does not open with this key in this context');
  }
}

async function privateKey(suite: CipherSuite, { d }: JWK) {
  const octets = typeof d === 'string' ? fromBase64url(d) : undefined;
  if (octets?.length !== suite.kem.privateKeySize)
    throw new KeyError('KEY_MALFORMED', 'the private JWK has no good `d`');
  try {
    return await suite.kem.deserializePrivateKey(octets);
  } catch {
    throw new KeyError('KEY_MALFORMED', 'the private JWK has no good `d`');
  }
}
