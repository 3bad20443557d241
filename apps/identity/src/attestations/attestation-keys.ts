import type { Jwks } from '@callbook/contracts';
import { generateKeyPair, jwkOf, openAtRest, sealAtRest, thumbprint } from '@callbook/keys';
import type { Clock } from '@callbook/process';
import { importJWK, type CryptoKey } from 'jose';
import type { AttestationKeyRow, AttestationKeyStore } from './attestation-key-store.js';

/** The key that signs now. */
export interface AttestationKey {
  readonly kid: string;
  readonly privateKey: CryptoKey;
}

interface Deps {
  readonly attestationKeys: AttestationKeyStore;
  readonly keyEncryptionKey: Uint8Array;
  readonly clock: Clock;
}

/**
 * The newest key, made when there is none. Replicas that start at once all make a first generation, the table takes one of them, and all
 * read that one. Errors: those of `openAtRest`, when the key-encryption key is not the one it was sealed with.
 */
export async function openAttestationKey(deps: Deps): Promise<AttestationKey> {
  const stored = await deps.attestationKeys.all();
  if (stored.length === 0) await deps.attestationKeys.insert(makeKey(deps));
  const [newest] = stored.length > 0 ? stored : await deps.attestationKeys.all();
  const { kid, sealedPrivate } = newest!;
  const plain = openAtRest(sealedPrivate, deps.keyEncryptionKey, purposeOf(kid));
  const privateKey = await importJWK(JSON.parse(Buffer.from(plain).toString('utf8')) as object, 'EdDSA');
  return { kid, privateKey: privateKey as CryptoKey };
}

function makeKey({ keyEncryptionKey, clock }: Deps): AttestationKeyRow {
  const { publicKey, privateJwk } = generateKeyPair('ed25519');
  const kid = thumbprint(publicKey);
  return {
    generation: 1,
    kid,
    publicKey: { ...jwkOf(publicKey), kid, use: 'sig', alg: 'EdDSA' },
    sealedPrivate: sealAtRest(Buffer.from(JSON.stringify(privateJwk)), keyEncryptionKey, purposeOf(kid)),
    createdAt: new Date(clock()),
  };
}

/** Ties the sealed octets to their row, so that one cannot be put in the place of another. */
const purposeOf = (kid: string) => `attestation key ${kid}`;

/** Public keys, newest first; `kid` is the RFC 7638 thumbprint. */
export async function publicAttestationKeys(deps: Pick<Deps, 'attestationKeys'>): Promise<Jwks> {
  return { keys: (await deps.attestationKeys.all()).map(({ publicKey }) => publicKey) };
}
