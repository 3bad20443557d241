import { attestationType, type AttestationClaims } from '@callbook/contracts';
import { CompactSign } from 'jose';
import type { AttestationKey } from './attestation-keys.js';

/** What is attested. */
export interface Proof {
  readonly verificationId: string;
  readonly identifier: string;
  readonly account: string;
  readonly method: AttestationClaims['method'];
}

/** A compact JWS (RFC 7515 §7.1) that says who proved what, how and when. `now` and `lifetime` are milliseconds. */
export function attest(
  by: { readonly key: AttestationKey; readonly directory: string; readonly lifetime: number },
  proof: Proof,
  now: number,
): Promise<string> {
  const iat = Math.floor(now / 1_000);
  const claims: AttestationClaims = {
    iss: by.directory,
    sub: proof.identifier,
    account: proof.account,
    method: proof.method,
    sealed: true,
    iat,
    exp: iat + Math.floor(by.lifetime / 1_000),
    jti: proof.verificationId,
  };
  return new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
    .setProtectedHeader({ alg: 'EdDSA', typ: attestationType, kid: by.key.kid })
    .sign(by.key.privateKey);
}
