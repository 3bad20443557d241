import { countersignatureType, type CountersignatureClaims, type Jwks } from '@callbook/contracts';
import { jwkOf, openAtRest, publicKeyFromSpki, sealAtRest, thumbprint } from '@callbook/keys';
import type { Clock } from '@callbook/process';
import { CompactSign } from 'jose';
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import type { CountersigningKeys, StoredKey } from './countersigning-key-store.js';

export interface CountersignerDeps {
  readonly keys: CountersigningKeys;
  /** 32 octets. */
  readonly keyEncryptionKey: Uint8Array;
  readonly clock: Clock;
  readonly generate: () => KeyObject;
}

/** Says what the directory has taken: EdDSA compact JWS, RFC 7515 §7.1 and RFC 8037 §3.1. */
export interface Countersigner {
  sign(claims: CountersignatureClaims): Promise<string>;
  /** Public keys, newest first. */
  readonly publicKeys: Jwks;
}

const purposeOf = (kid: string) => `records countersigning key ${kid}`;

/**
 * Opens the newest countersigning key; makes one when there is none. A key that is there and cannot be opened is an error: a directory does
 * not change its key because its configuration is wrong. Errors: KeyError AT_REST_BROKEN.
 */
export async function openCountersigner(deps: CountersignerDeps): Promise<Countersigner> {
  if ((await deps.keys.list()).length === 0) await deps.keys.addFirst(makeKey(deps));
  const stored = await deps.keys.list();
  const newest = stored[0]!;
  const privateKey = createPrivateKey({
    key: Buffer.from(openAtRest(newest.sealed, deps.keyEncryptionKey, purposeOf(newest.kid))),
    format: 'der',
    type: 'pkcs8',
  });
  const header = { alg: 'EdDSA', typ: countersignatureType, kid: newest.kid };
  return {
    sign: (claims) =>
      new CompactSign(new TextEncoder().encode(JSON.stringify(claims))).setProtectedHeader(header).sign(privateKey),
    publicKeys: {
      keys: stored.map(({ kid, publicJwk }) => ({ ...publicJwk, kty: 'OKP' as const, kid, alg: 'EdDSA', use: 'sig' })),
    },
  };
}

function makeKey({ generate, keyEncryptionKey, clock }: CountersignerDeps): StoredKey {
  const privateKey = generate();
  const publicKey = publicKeyFromSpki(createPublicKey(privateKey).export({ format: 'der', type: 'spki' }));
  const kid = thumbprint(publicKey);
  return {
    kid,
    publicJwk: { ...jwkOf(publicKey) } as Record<string, string>,
    sealed: sealAtRest(privateKey.export({ format: 'der', type: 'pkcs8' }), keyEncryptionKey, purposeOf(kid)),
    createdAt: clock(),
  };
}
