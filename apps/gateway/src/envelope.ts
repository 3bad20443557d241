import { CallbookError, FlattenedJws, PublicJwk } from '@callbook/contracts';
import { flattenedVerify, importJWK } from 'jose';
import { z } from 'zod';

/** Signature algorithms that a request may use, RFC 7518 §3.1 and RFC 8037 §3.1; each goes with one kind of key. */
export const requestAlgorithms = ['EdDSA', 'ES256', 'RS256', 'PS256'] as const;

const commonHeader = { alg: z.string(), nonce: z.string().max(128), url: z.string().max(2_048) };
/** RFC 8555 §6.2: exactly one of `jwk` and `kid`, and nothing that we do not understand. */
const ProtectedHeader = z.union([
  z.strictObject({ ...commonHeader, jwk: PublicJwk }),
  z.strictObject({ ...commonHeader, kid: z.string().max(2_048) }),
]);

export interface Envelope {
  readonly jws: FlattenedJws;
  readonly nonce: string;
  readonly url: string;
  readonly algorithm: string;
  readonly key: { readonly jwk: PublicJwk } | { readonly kid: string };
}

/** Reads the form of a signed request, and nothing of its signature. Errors: JWS_MALFORMED, JWS_ALGORITHM. */
export function readEnvelope(body: string): Envelope {
  const jws = parse(FlattenedJws, jsonOf(body));
  const header = parse(ProtectedHeader, jsonOf(Buffer.from(jws.protected, 'base64url').toString('utf8')));
  if (!(requestAlgorithms as readonly string[]).includes(header.alg))
    throw new CallbookError('JWS_ALGORITHM', `alg must be one of ${requestAlgorithms.join(', ')}`);
  return {
    jws,
    nonce: header.nonce,
    url: header.url,
    algorithm: header.alg,
    key: 'jwk' in header ? { jwk: header.jwk } : { kid: header.kid },
  };
}

/** The payload of a request whose signature is by this key. Errors: SIGNATURE_INVALID. */
export async function verifiedPayload({ jws, algorithm }: Envelope, jwk: PublicJwk): Promise<Uint8Array> {
  try {
    const { payload } = await flattenedVerify(jws, await importJWK(jwk, algorithm), { algorithms: [algorithm] });
    return payload;
  } catch (cause) {
    throw new CallbookError('SIGNATURE_INVALID', 'the signature is not by the key that the header names', { cause });
  }
}

const malformed = (why: string, cause?: unknown) => new CallbookError('JWS_MALFORMED', why, { cause });

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw malformed('not JSON', cause);
  }
}

function parse<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw malformed(z.prettifyError(parsed.error), parsed.error);
  return parsed.data;
}
