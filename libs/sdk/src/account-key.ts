import { generateKeyPair, jwkOf, publicKeyFromJwk, thumbprint, type PublicKey } from '@callbook/keys';
import type { JWK } from 'jose';

/** What a client keeps of its account: the key that signs its requests, and the key to which secrets are sealed. */
export interface AccountKey {
  /** RFC 7638 thumbprint of the signing key: the account's id. */
  readonly id: string;
  /** JWS algorithm of the signing key. */
  readonly algorithm: 'EdDSA' | 'ES256' | 'PS256';
  readonly signing: { readonly publicKey: PublicKey; readonly privateJwk: JWK };
  readonly encryption: { readonly publicKey: PublicKey; readonly privateJwk: JWK };
}

/** Kinds of account: Ed25519 with an X25519 key beside it, or one P-256 or RSA key for both. */
export type AccountKind = 'ed25519' | 'p256' | 'rsa';

const algorithms = { ed25519: 'EdDSA', p256: 'ES256', rsa: 'PS256' } as const;

export function generateAccountKey(kind: AccountKind = 'ed25519'): AccountKey {
  const signing = generateKeyPair(kind);
  return accountKeyOf(kind, signing, kind === 'ed25519' ? generateKeyPair('x25519') : signing);
}

/** The private form for a file that only its owner reads: a JSON object of two private JWKs (RFC 7517). */
export const exportAccountKey = (key: AccountKey): object => ({
  signing: key.signing.privateJwk,
  encryption: key.encryption.privateJwk,
});

/** Errors: those of `publicKeyFromJwk`. */
export function importAccountKey(exported: { readonly signing: JWK; readonly encryption: JWK }): AccountKey {
  const [signing, encryption] = [pairOf(exported.signing), pairOf(exported.encryption)];
  const kind = signing.publicKey.kind;
  if (kind === 'x25519') throw new TypeError('an X25519 key cannot sign');
  return accountKeyOf(kind, signing, encryption);
}

const accountKeyOf = (
  kind: AccountKind,
  signing: AccountKey['signing'],
  encryption: AccountKey['encryption'],
): AccountKey => ({
  id: thumbprint(signing.publicKey),
  algorithm: algorithms[kind],
  signing,
  encryption,
});

function pairOf(privateJwk: JWK) {
  const { kty, crv, x, y, n, e } = privateJwk;
  return {
    publicKey: publicKeyFromJwk(
      Object.fromEntries(Object.entries({ kty, crv, x, y, n, e }).filter(([, value]) => value !== undefined)),
    ),
    privateJwk,
  };
}

/** The encryption key as a request carries it; left out where it is the account's own key. */
export const encryptionJwkOf = (key: AccountKey) =>
  key.encryption === key.signing ? undefined : jwkOf(key.encryption.publicKey);
