export type KeyKind = 'ed25519' | 'x25519' | 'p256' | 'rsa';

/** What a key consists of. Coordinates are octets of fixed length; RSA integers are big-endian without leading zeros. */
export type KeyMaterial =
  | { readonly kind: 'ed25519' | 'x25519'; readonly x: Uint8Array }
  | { readonly kind: 'p256'; readonly x: Uint8Array; readonly y: Uint8Array }
  | { readonly kind: 'rsa'; readonly n: Uint8Array; readonly e: Uint8Array };
