import type { Client, Responder } from '../answer/responder.js';
import { freshness } from './freshness.js';

/** RFC 8484 §3 leaves the path to the server; this is the one that everybody tries. */
export const dohPath = '/dns-query';
export const dohMediaType = 'application/dns-message';
export const largestQuery = 65_535;

/** What HTTP of any version says back. Nothing in it is of the request but the answer. */
export interface DohReply {
  readonly status: number;
  /** Seconds, where there is an answer. */
  readonly maxAge: number;
  readonly body: Buffer | undefined;
}

const refusedWith = (status: number): DohReply => ({ status, maxAge: 0, body: undefined });
export const dohError = {
  badRequest: refusedWith(400),
  notFound: refusedWith(404),
  methodNotAllowed: refusedWith(405),
  requestTimeout: refusedWith(408),
  tooLarge: refusedWith(413),
  wrongType: refusedWith(415),
} as const;

/** What a request is before its body has come: answered already, a query, or `POST` with a query in a body to come. */
export type DohRequest = { readonly reply: DohReply } | { readonly query: Buffer } | 'body';

/**
 * @param target path and parameters as they were sent
 * @param header reads a header by its lower-case name
 */
export function readDohRequest(
  method: string,
  target: string,
  header: (name: 'content-type' | 'content-length') => string | undefined,
): DohRequest {
  const mark = target.indexOf('?');
  if ((mark < 0 ? target : target.slice(0, mark)) !== dohPath) return { reply: dohError.notFound };
  switch (method) {
    case 'GET':
    case 'HEAD': {
      const query = mark < 0 ? undefined : queryIn(target.slice(mark + 1));
      return query ? { query } : { reply: dohError.badRequest };
    }
    case 'POST': {
      const type = header('content-type')?.split(';', 1)[0]!.trim().toLowerCase();
      if (type !== dohMediaType) return { reply: dohError.wrongType };
      if (Number(header('content-length') ?? 0) > largestQuery) return { reply: dohError.tooLarge };
      return 'body';
    }
    default:
      return { reply: dohError.methodNotAllowed };
  }
}

/** base64url without padding (RFC 8484 §6); what is left over of the last octet is zero (RFC 4648 §3.5). */
function queryIn(parameters: string): Buffer | undefined {
  const found = parameters.startsWith('dns=') ? 0 : parameters.indexOf('&dns=') + 1;
  if (found === 0 && !parameters.startsWith('dns=')) return undefined;
  const from = found + 4;
  const ampersand = parameters.indexOf('&', from);
  const text = parameters.slice(from, ampersand < 0 ? undefined : ampersand);
  if (!/^[A-Za-z0-9_-]+$/.test(text)) return undefined;
  const octets = Buffer.from(text, 'base64url');
  return octets.length <= largestQuery && octets.toString('base64url') === text ? octets : undefined;
}

/** One serves all requests of a thread: an answer is made and copied in one go. */
const answer = Buffer.allocUnsafeSlow(65_535);

/** Every answer is 200, also those that deny or fail (RFC 8484 §4.2.1). What is no query is 400. */
export function dohAnswer(responder: Responder, query: Buffer, client: Client): DohReply {
  if (query.length < 12) return dohError.badRequest;
  const octets = responder.respond(query, 0, query.length, answer, 0, client);
  if (octets === 0) return dohError.badRequest;
  return { status: 200, maxAge: freshness(answer, 0, octets), body: Buffer.from(answer.subarray(0, octets)) };
}
