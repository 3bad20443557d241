import { CallbookError, pathOf, statementHash, type FlattenedJws, type PublicJwk } from '@callbook/contracts';
import { jwkOf, publicKeyFromJwk, thumbprint, type PublicKey } from '@callbook/keys';
import { decodeProtectedHeader, errors, flattenedVerify, type JWK, type ProtectedHeaderParameters } from 'jose';

/** What a kind of key can sign with (RFC 7518 §3.1, RFC 8037 §3.1); an X25519 key signs nothing. */
const algorithms: Readonly<Record<string, readonly string[]>> = {
  ed25519: ['EdDSA'],
  p256: ['ES256'],
  rsa: ['RS256', 'PS256'],
};

export interface Proof {
  readonly identifier: string;
  readonly account: string;
  readonly accountKey: PublicJwk;
  readonly proof: FlattenedJws;
}

/** The octets that the account signed, and their hash. */
export interface SignedPayload {
  readonly payload: Uint8Array;
  readonly hash: string;
}

/**
 * Checks that the account's key signed the JWS, for this identifier's URL. The host in `url` and the nonce are the gateway's to check: only
 * it knows them. Errors: SIGNATURE_INVALID, JWS_MALFORMED, JWS_ALGORITHM, URL_MISMATCH, and those of `publicKeyFromJwk`.
 */
export async function checkProof({ identifier, account, accountKey, proof }: Proof): Promise<SignedPayload> {
  const key = publicKeyFromJwk(accountKey);
  if (thumbprint(key) !== account)
    throw new CallbookError('SIGNATURE_INVALID', 'the key is not the one that names the account');
  const header = headerOf(proof);
  checkAlgorithm(key, header.alg);
  checkSigner(account, header);
  checkUrl(identifier, header['url']);
  const payload = await verified(proof, key);
  return { payload, hash: statementHash(payload) };
}

function headerOf(proof: FlattenedJws): ProtectedHeaderParameters {
  try {
    const header = decodeProtectedHeader(proof);
    // No extension is in use: `crit` (RFC 7515 §4.1.11) can only ask for one that we do not know.
    if (!('crit' in header) && !('b64' in header)) return header;
  } catch {
    // said below
  }
  throw new CallbookError('JWS_MALFORMED', 'the protected header is not one that we know');
}

function checkAlgorithm(key: PublicKey, alg: unknown): void {
  if (typeof alg !== 'string' || !algorithms[key.kind]?.includes(alg))
    throw new CallbookError('JWS_ALGORITHM', '`alg` does not fit the key of the account');
}

/** RFC 8555 §6.2: exactly one of `jwk` and `kid`, and either names the account. */
function checkSigner(account: string, { kid, jwk }: ProtectedHeaderParameters): void {
  if ((kid === undefined) === (jwk === undefined))
    throw new CallbookError('JWS_MALFORMED', 'the protected header has either `jwk` or `kid`');
  const same =
    kid === undefined
      ? thumbprint(publicKeyFromJwk(jwk)) === account
      : typeof kid === 'string' && lastSegmentAfter('account', { account: '' }, kid) === account;
  if (!same) throw new CallbookError('SIGNATURE_INVALID', 'the header names another account than the request');
}

function checkUrl(identifier: string, url: unknown): void {
  if (typeof url !== 'string' || lastSegmentAfter('binding', { identifier: '' }, url) !== identifier)
    throw new CallbookError('URL_MISMATCH', '`url` is not the one of this binding');
}

/** The decoded last segment of a URL whose path before it is the endpoint's; undefined for anything else. */
function lastSegmentAfter(
  endpoint: Parameters<typeof pathOf>[0],
  variables: Record<string, string>,
  text: string,
): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const path = pathOf(endpoint, variables);
  if (!url || !/^https?:$/.test(url.protocol) || url.search || url.hash || url.username) return undefined;
  const cut = url.pathname.lastIndexOf('/') + 1;
  if (!url.pathname.slice(0, cut).endsWith(path)) return undefined;
  try {
    return decodeURIComponent(url.pathname.slice(cut));
  } catch {
    return undefined;
  }
}

async function verified(proof: FlattenedJws, key: PublicKey): Promise<Uint8Array> {
  try {
    const { payload } = await flattenedVerify(proof, jwkOf(key) as JWK, { algorithms: [...algorithms[key.kind]!] });
    return payload;
  } catch (cause) {
    if (cause instanceof errors.JWSInvalid)
      throw new CallbookError('JWS_MALFORMED', 'the request is not a flattened JWS', { cause });
    throw new CallbookError('SIGNATURE_INVALID', 'the signature does not verify with the key of the account', {
      cause,
    });
  }
}
