import { AttestationClaims, attestationType, CallbookError, type PublicJwk } from '@callbook/contracts';
import { compactVerify, decodeProtectedHeader, type JWK } from 'jose';

/** `identity` and `records` may run on machines whose clocks differ by this, seconds. */
const clockSkew = 60;

/** What the attestation has to say. */
export interface Expected {
  readonly directory: string;
  readonly identifier: string;
  readonly account: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** How and when (seconds since 1970) the identifier was proved. */
export interface Proved {
  readonly method: AttestationClaims['method'];
  readonly provedAt: number;
}

/** Looks a public key up by its `kid`. */
export type FindKey = (kid: string) => Promise<PublicJwk | undefined>;

const invalid = (detail: string, cause?: unknown) => new CallbookError('ATTESTATION_INVALID', detail, { cause });

/**
 * Checks that this directory attested that this account proved this identifier, and that the attestation has not expired.
 * Errors: ATTESTATION_INVALID; UNAVAILABLE when the keys cannot be had.
 */
export async function checkAttestation(attestation: string, expected: Expected, findKey: FindKey): Promise<Proved> {
  const key = await findKey(kidOf(attestation));
  if (!key)
    // A key that `identity` made just now is found by the next try.
    throw new CallbookError('ATTESTATION_INVALID', 'the attestation names a key that this directory does not have', {
      retry: 'later',
    });
  const claims = await verifiedClaims(attestation, key);
  const now = Math.floor(expected.now / 1_000);
  if (claims.iss !== expected.directory) throw invalid('the attestation is of another directory');
  if (claims.sub !== expected.identifier) throw invalid('the attestation is of another identifier');
  if (claims.account !== expected.account) throw invalid('the attestation is of another account');
  if (claims.exp <= now) throw invalid('the attestation has expired');
  if (claims.iat > now + clockSkew) throw invalid('the attestation is of the future');
  return { method: claims.method, provedAt: claims.iat };
}

function kidOf(attestation: string): string {
  try {
    const { alg, typ, kid, crit } = decodeProtectedHeader(attestation);
    if (alg === 'EdDSA' && typ === attestationType && typeof kid === 'string' && crit === undefined) return kid;
  } catch {
    // said below
  }
  throw invalid('the attestation is not one of ours');
}

async function verifiedClaims(attestation: string, key: PublicJwk): Promise<AttestationClaims> {
  try {
    const { payload } = await compactVerify(attestation, key as JWK, { algorithms: ['EdDSA'] });
    return AttestationClaims.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload)));
  } catch (cause) {
    throw invalid('the attestation does not verify', cause);
  }
}
