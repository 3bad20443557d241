import 'reflect-metadata';
import {
  api,
  CallbookError,
  callbookError,
  openApiDocument,
  problemOf,
  type Endpoint,
  type EndpointName,
} from '@callbook/contracts';
import { errorFields, type Log, type Metrics } from '@callbook/process';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { Catch, Module, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Handlers, PlainRequest, Reply, SignedRequest } from './handlers.js';
import { checkSigned, type SignedRequestDeps } from './signed-request.js';

export interface HttpServerDeps extends SignedRequestDeps {
  readonly handlers: Handlers;
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
