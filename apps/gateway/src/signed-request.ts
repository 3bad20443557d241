import { CallbookError, PublicJwk, type Endpoint, type FlattenedJws } from '@callbook/contracts';
import { jwkOf, publicKeyFromJwk } from '@callbook/keys';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { AccountKeys } from './account-keys.js';
import { readEnvelope, verifiedPayload } from './envelope.js';
import type { SignedRequest } from './handlers.js';
import type { Nonces } from './nonces.js';

export interface SignedRequestDeps {
  readonly accounts: AccountKeys;
  readonly nonces: Nonces;
  readonly publicUrl: string;
}

/**
 * What every signed request goes through, in this order, so that nothing is spent on a request that is not its sender's: form, URL,
 * signature, nonce, payload.
 */
export async function checkSigned(
  deps: SignedRequestDeps,
  endpoint: Endpoint,
  request: FastifyRequest,
): Promise<SignedRequest> {
  if (!/^application\/jose\+json\b/.test(request.headers['content-type'] ?? ''))
    throw new CallbookError('CONTENT_TYPE', 'the body is application/jose+json');
  const envelope = readEnvelope(request.body as string);
  if (envelope.url !== deps.publicUrl + request.url)
    throw new CallbookError('URL_MISMATCH', 'the url in the header is not the one that was asked');
  const sender = await senderOf(deps, endpoint, envelope.key);
  const octets = await verifiedPayload(envelope, sender.key);
  await deps.nonces.spend(envelope.nonce);
  return {
    ...sender,
    jws: envelope.jws satisfies FlattenedJws,
    reading: octets.length === 0,
    payload: payloadOf(endpoint, octets),
    variables: variablesOf(endpoint, request.params as Record<string, string>),
    wait: waitOf(request.headers['prefer']),
  };
}

async function senderOf(deps: SignedRequestDeps, endpoint: Endpoint, key: ReturnType<typeof readEnvelope>['key']) {
  if (endpoint.signedBy === 'jwk') {
    if (!('jwk' in key)) throw new CallbookError('JWS_MALFORMED', 'this request is signed with jwk');
    // A key that no account can have, or that came with its private part, is told apart from a wrong signature; and costs no verification.
    return { account: '', key: PublicJwk.parse(jwkOf(publicKeyFromJwk(key.jwk))) };
  }
  if (!('kid' in key)) throw new CallbookError('JWS_MALFORMED', 'this request is signed with kid');
  return deps.accounts.of(key.kid);
}

function payloadOf(endpoint: Endpoint, octets: Uint8Array): unknown {
  if (octets.length === 0 && (endpoint.payload === 'none' || endpoint.readable)) return undefined;
  if (endpoint.payload === 'none')
    throw new CallbookError('REQUEST_MALFORMED', 'the payload is empty (POST-as-GET, RFC 8555 §6.3)');
  // A statement is read where it is kept: by `records`, from the octets that were signed.
  if (endpoint.readable) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(octets));
  } catch (cause) {
    throw new CallbookError('REQUEST_MALFORMED', 'the payload is not JSON in UTF-8', { cause });
  }
  return checked(endpoint.payload, json);
}

function variablesOf(endpoint: Endpoint, parameters: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(endpoint.parameters ?? {}).map(([variable, schema]) => [
      variable,
      checked(schema, parameters[variable]),
    ]),
  );
}

function checked<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const parsed = schema.safeParse(value);
  if (!parsed.success)
    throw new CallbookError('REQUEST_MALFORMED', z.prettifyError(parsed.error), { cause: parsed.error });
  return parsed.data;
}

const longestWait = 10_000;

function waitOf(prefer: string | string[] | undefined): number {
  const wait = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,4})"?/i.exec([prefer ?? ''].flat().join(','));
  return wait ? Math.min(Number(wait[1]) * 1_000, longestWait) : 0;
}
