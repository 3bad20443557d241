import 'reflect-metadata';
import {
  api,
  CallbookError,
  callbookError,
  openApiDocument,
  problemOf,
  PublicJwk,
  type Endpoint,
  type EndpointName,
  type FlattenedJws,
} from '@callbook/contracts';
import { jwkOf, publicKeyFromJwk } from '@callbook/keys';
import { errorFields, type Log, type Metrics } from '@callbook/process';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { Catch, Module, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { AccountKeys } from './account-keys.js';
import { readEnvelope, verifiedPayload } from './envelope.js';
import type { Handlers, PlainRequest, Reply, SignedRequest } from './handlers.js';
import type { Nonces } from './nonces.js';

export interface HttpServerDeps {
  readonly handlers: Handlers;
  readonly accounts: AccountKeys;
  readonly nonces: Nonces;
  readonly publicUrl: string;
  readonly tls: { readonly cert: string; readonly key: string };
  readonly bodyLimit: number;
  readonly log: Log;
  readonly metrics: Metrics;
}

@Module({})
class GatewayModule {}

/** An identifier may have 320 characters, and each may be percent-encoded. */
const longestParameter = 3 * 320;

/** Serves the table of `libs/contracts` over HTTPS: Nest runs the server, the table is the routing. Call `listen` on what comes back. */
export async function createHttpServer(deps: HttpServerDeps): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    https: deps.tls,
    bodyLimit: deps.bodyLimit,
    requestTimeout: 30_000,
    connectionTimeout: 60_000,
    keepAliveTimeout: 30_000,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: longestParameter },
    // Of URLs that the router cannot read.
    frameworkErrors: (error: unknown, _request: unknown, reply: unknown) =>
      void sendProblem(deps, reply as FastifyReply, ofFramework(error)),
  });
  const app = await NestFactory.create<NestFastifyApplication>(GatewayModule, adapter, {
    logger: false,
    bodyParser: false,
  });
  app.useGlobalFilters(new UnknownRoute(deps));
  const fastify = app.getHttpAdapter().getInstance() as unknown as FastifyInstance;
  await fastify.register(async (scope) => serveApi(scope, deps));
  // The document is ours; these two only show it.
  await fastify.register(swagger, {
    mode: 'static',
    specification: { document: openApiDocument(deps.publicUrl) as never },
  });
  await fastify.register(swaggerUi, { routePrefix: '/docs' });
  await app.init();
  return app;
}

function serveApi(scope: FastifyInstance, deps: HttpServerDeps): void {
  const seconds = deps.metrics.seconds('http_seconds', 'Time to answer a request of the API', ['endpoint', 'status']);
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser(
    ['application/jose+json', 'application/json'],
    { parseAs: 'string' },
    (_request, body, done) => done(null, body),
  );
  scope.setErrorHandler((error, _request, reply) => void sendProblem(deps, reply, ofFramework(error)));
  scope.get('/openapi.json', async (_request, reply) => reply.send(openApiDocument(deps.publicUrl)));

  for (const [name, endpoint] of Object.entries(api) as [EndpointName, Endpoint][]) {
    refuseOtherMethods(scope, deps, endpoint);
    scope.route({
      method: methodsOf(endpoint),
      exposeHeadRoute: false,
      url: routeOf(endpoint),
      handler: async (request, reply) => {
        const stop = seconds.startTimer({ endpoint: name });
        try {
          await send(deps, reply, endpoint, await handle(deps, name, endpoint, request));
        } catch (error) {
          await sendProblem(deps, reply, error);
        }
        stop({ status: String(reply.statusCode) });
      },
    });
  }
}

const routeOf = ({ path }: Endpoint) => path.replace(/\{(\w+)\}/g, ':$1');
/** RFC 8555 §7.2: a nonce may be had with GET as well. */
const methodsOf = ({ method }: Endpoint): string[] => (method === 'HEAD' ? ['HEAD', 'GET'] : [method]);
const allMethods = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'];

function refuseOtherMethods(scope: FastifyInstance, deps: HttpServerDeps, endpoint: Endpoint): void {
  const allowed = methodsOf(endpoint);
  scope.route({
    method: allMethods.filter((method) => !allowed.includes(method)),
    exposeHeadRoute: false,
    url: routeOf(endpoint),
    // Before a body is read: it is of no interest.
    onRequest: async (_request, reply) => {
      void reply.header('allow', allowed.join(', '));
      await sendProblem(deps, reply, new CallbookError('METHOD_NOT_ALLOWED', `allowed here: ${allowed.join(', ')}`));
    },
    handler: () => undefined,
  });
}

async function handle(
  deps: HttpServerDeps,
  name: EndpointName,
  endpoint: Endpoint,
  request: FastifyRequest,
): Promise<Reply> {
  if (endpoint.signedBy === 'nobody' || endpoint.signedBy === 'provider') {
    const plain: PlainRequest = {
      body: typeof request.body === 'string' ? request.body : '',
      authorization: request.headers.authorization ?? '',
    };
    return (deps.handlers[name] as unknown as (request: PlainRequest) => Promise<Reply>)(plain);
  }
  const signed = await checkSigned(deps, endpoint, request);
  return (deps.handlers[name] as (request: SignedRequest) => Promise<Reply>)(signed);
}

/**
 * What every signed request goes through, in this order, so that nothing is spent on a request that is not its sender's: form, URL,
 * signature, nonce, payload.
 */
async function checkSigned(deps: HttpServerDeps, endpoint: Endpoint, request: FastifyRequest): Promise<SignedRequest> {
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

async function senderOf(deps: HttpServerDeps, endpoint: Endpoint, key: ReturnType<typeof readEnvelope>['key']) {
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

async function send(
  deps: HttpServerDeps,
  reply: FastifyReply,
  endpoint: Endpoint,
  { status, body, headers }: Reply,
): Promise<void> {
  void reply.code(status ?? endpoint.status).headers({ ...commonHeaders(deps), ...headers });
  if (endpoint.reply === 'empty') await reply.send();
  else await reply.type('application/json').send(JSON.stringify(body));
}

async function sendProblem(deps: HttpServerDeps, reply: FastifyReply, thrown: unknown): Promise<void> {
  const error = callbookError(thrown);
  if (error.code === 'INTERNAL') deps.log.error('http.failed', errorFields(thrown));
  const problem = problemOf(error);
  const { retryAfter } = error.options;
  await reply
    .code(problem.status)
    .headers({ ...commonHeaders(deps), ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }) })
    .type('application/problem+json')
    .send(JSON.stringify(problem));
}

const commonHeaders = ({ nonces, publicUrl }: HttpServerDeps) => ({
  'replay-nonce': nonces.issue(),
  'cache-control': 'no-store',
  link: `<${publicUrl}/directory>;rel="index"`,
  'x-content-type-options': 'nosniff',
});

/** What Fastify refuses before a handler is asked: its own codes, as ours. */
function ofFramework(error: unknown): unknown {
  const { statusCode, code } = error as { statusCode?: number; code?: string };
  if (statusCode === 413) return new CallbookError('TOO_LARGE', 'the body is too large');
  if (statusCode === 415 || code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE')
    return new CallbookError('CONTENT_TYPE', 'the body is application/jose+json');
  return statusCode !== undefined && statusCode < 500
    ? new CallbookError('REQUEST_MALFORMED', 'not a request that this server reads')
    : error;
}

/** Nest answers what no route takes; the answer is a problem document as everywhere else. */
@Catch()
class UnknownRoute implements ExceptionFilter {
  constructor(private readonly deps: HttpServerDeps) {}

  async catch(error: unknown, host: ArgumentsHost): Promise<void> {
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const unknown = (error as { status?: number }).status === 404;
    await sendProblem(this.deps, reply, unknown ? new CallbookError('NOT_FOUND', 'no such resource') : error);
  }
}
