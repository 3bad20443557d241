import { attestationType, type PublicJwk } from '@callbook/contracts';
import { CompactSign, exportJWK, generateKeyPair, type CryptoKey } from 'jose';
import type { KeySource } from './attestation-keys.js';

/** What tests are about. */
export const sampleDirectory = 'callbook.example';
export const sampleNumber = 'tel:+447700900123';
export const sampleNow = Date.parse('2026-11-25T08:00:00Z');

/** Signs attestations as `identity` does; every part can be made wrong. */
export interface SampleIdentity {
  /** The `attestation.keys` of this directory. */
  readonly source: KeySource;
  readonly keys: readonly PublicJwk[];
  attest(account: string, changed?: { claims?: object; header?: object; key?: CryptoKey }): Promise<string>;
}

export async function sampleIdentity(now = sampleNow, kid = 'sample-attestation-key'): Promise<SampleIdentity> {
  const { publicKey, privateKey } = await generateKeyPair('EdDSA');
  const keys = [{ ...(await exportJWK(publicKey)), kid } as unknown as PublicJwk];
  const iat = Math.floor(now / 1_000) - 5;
  const right = {
    iss: sampleDirectory,
    sub: sampleNumber,
    method: 'sms',
    sealed: true,
    iat,
    exp: iat + 3_600,
    jti: 'e5b3bd0c-3c1c-4d6c-9d0c-2f2f7f7a9a10',
  };
  return {
    keys,
    source: { 'attestation.keys': async () => ({ keys: [...keys] }) },
    attest: (account, { claims = {}, header = {}, key = privateKey } = {}) =>
      new CompactSign(new TextEncoder().encode(JSON.stringify({ ...right, account, ...claims })))
        .setProtectedHeader({ alg: 'EdDSA', typ: attestationType, kid, ...header })
        .sign(key),
  };
}
