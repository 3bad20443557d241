import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { constants, performServerHandshake, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { Readable } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { Client, Responder } from '../answer/responder.js';
import type { Connection, StreamLimits } from './connections.js';
import { dohAnswer, dohError, dohMediaType, largestQuery, readDohRequest, type DohReply } from './doh-exchange.js';
import { streamListener, type ListenAddress, type StreamTransport } from './listener.js';
import type { TlsIdentity } from './tls-identity.js';
import { secured } from './tls.js';

export interface HttpsDeps {
  readonly responder: Responder;
  readonly identity: TlsIdentity;
}

/** Far more than `GET` with a query of 4 KiB, the largest that makes sense there. */
const headerOctets = 16_384;
const headerPairs = 64;
/** Requests of one HTTP/2 connection at once (RFC 9113 §6.5.2). */
const streamsAtOnce = 100;
/** Requests that a client may take back before it has its answer; more, unless it took as many answers, end the connection (CVE-2023-44487). */
const resetsAllowed = 100;
/** Octets that the bodies of one connection hold until they end. */
const mostUnfinished = 2 * largestQuery;

/** DNS over HTTPS, RFC 8484, in HTTP/2 and HTTP/1.1 at one port. */
export function httpsTransport(address: ListenAddress, deps: HttpsDeps, limits: StreamLimits): StreamTransport {
  const asked = new WeakMap<object, { readonly connection: Connection; readonly client: Client }>();
  // It listens to nothing: connections are handed to it when they have agreed on HTTP/1.1. The idle limit holds for headers and bodies too,
  // since only a whole request that was answered counts as use.
  const http1 = createServer(
    { maxHeaderSize: headerOctets, keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 },
    (request, response) => {
      const { connection, client } = asked.get(request.socket)!;
      answerHttp1(request, response, deps.responder, client, connection);
    },
  );
  http1.maxHeadersCount = headerPairs;
  http1.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (!socket.writable) return socket.destroy();
    const status = error.code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : '400 Bad Request';
    return socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\n\r\n`);
  });

  return streamListener(address, 'https', limits, (socket, connection, client) => {
    secured(socket, deps.identity, ['h2', 'http/1.1'], (secure) => {
      // HTTP says itself when it is over: nobody waits for answers on half a connection.
      secure.allowHalfOpen = false;
      if (secure.alpnProtocol === 'h2') return serveHttp2(secure, deps.responder, client, connection, limits.idle);
      asked.set(secure, { connection, client });
      http1.emit('connection', secure);
    });
  });
}

function serveHttp2(
  secure: TLSSocket,
  responder: Responder,
  client: Client,
  connection: Connection,
  idle: number,
): void {
  const session = performServerHandshake(secure, {
    settings: { maxConcurrentStreams: streamsAtOnce, maxHeaderListSize: headerOctets, enableConnectProtocol: false },
    maxHeaderListPairs: headerPairs,
    maxSessionMemory: 4,
    maxSettings: 32,
  });
  // The session waits for what Node tells of the sockets of clients alone.
  secure.emit('secureConnect');
  const unfinished: Unfinished = { octets: 0 };
  let answered = 0;
  let takenBack = 0;
  const reset = () => {
    takenBack += 1;
    if (takenBack <= resetsAllowed + answered) return;
    session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    secure.destroy();
  };
  session.on('error', () => secure.destroy());
  session.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    if (stream.destroyed || stream.closed) return reset();
    stream.on('error', () => undefined);
    const reply = (what: DohReply) => {
      if (stream.destroyed || stream.headersSent) return;
      answered += 1;
      connection.touch();
      const head = headers[':method'] === 'HEAD';
      const body = head ? undefined : what.body;
      stream.respond({ ':status': what.status, ...headersOf(what) }, { endStream: body === undefined });
      if (body) stream.end(body);
      // What is left of a body that is not wanted is not read (RFC 9113 §8.1).
      if (!stream.endAfterHeaders && !stream.readableEnded) stream.close(constants.NGHTTP2_NO_ERROR);
    };
    const request = readDohRequest(headers[':method'] ?? '', headers[':path'] ?? '', (name) => headers[name]);
    if (request !== 'body')
      return reply('reply' in request ? request.reply : dohAnswer(responder, request.query, client));
    stream.once('aborted', reset);
    stream.setTimeout(idle, () => reply(dohError.requestTimeout));
    collect(stream, unfinished, (body) => reply(body ? dohAnswer(responder, body, client) : dohError.tooLarge));
  });
}

function answerHttp1(
  request: IncomingMessage,
  response: ServerResponse,
  responder: Responder,
  client: Client,
  connection: Connection,
): void {
  const reply = (what: DohReply) => {
    if (response.headersSent) return;
    connection.touch();
    // What is left of a body that is not wanted is not waited for.
    if (!request.complete && hasBody(request)) response.shouldKeepAlive = false;
    response.writeHead(what.status, { ...headersOf(what), 'content-length': what.body?.length ?? 0 });
    response.end(what.body);
  };
  const read = readDohRequest(request.method ?? '', request.url ?? '', (name) => request.headers[name]);
  if (read === 'body')
    return collect(request, { octets: 0 }, (body) =>
      reply(body ? dohAnswer(responder, body, client) : dohError.tooLarge),
    );
  reply('reply' in read ? read.reply : dohAnswer(responder, read.query, client));
}

/** RFC 9112 §6. */
const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';

function headersOf({ status, maxAge, body }: DohReply): Record<string, string | number> {
  if (body)
    return { 'content-type': dohMediaType, 'content-length': body.length, 'cache-control': `max-age=${maxAge}` };
  return status === 405 ? { allow: 'GET, HEAD, POST', 'cache-control': 'no-store' } : { 'cache-control': 'no-store' };
}

/** Octets of bodies that have not come to their end, of one connection. */
interface Unfinished {
  octets: number;
}

/**
 * The body, or undefined as soon as it is longer than any message, or as all that have not ended on the connection together are beyond
 * measure. Says nothing of one that does not come to its end.
 */
function collect(stream: Readable, unfinished: Unfinished, done: (body: Buffer | undefined) => void): void {
  let parts: Buffer[] = [];
  let held = 0;
  let refused = false;
  const letGo = () => {
    unfinished.octets -= held;
    held = 0;
    parts = [];
  };
  stream.on('data', (part: Buffer) => {
    if (refused) return;
    held += part.length;
    unfinished.octets += part.length;
    parts.push(part);
    if (held <= largestQuery && unfinished.octets <= mostUnfinished) return;
    refused = true;
    letGo();
    done(undefined);
  });
  stream.on('end', () => {
    if (refused) return;
    const body = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    letGo();
    done(body);
  });
  stream.on('close', letGo);
}
