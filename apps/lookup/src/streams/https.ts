import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Client, Responder } from '../answer/responder.js';
import type { Connection, StreamLimits } from './connections.js';
import { dohAnswer, dohError, dohMediaType, largestQuery, readDohRequest, type DohReply } from './doh-exchange.js';
import { Http2Session } from './http2-session.js';
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
      if (secure.alpnProtocol === 'h2') {
        new Http2Session(secure, { responder: deps.responder, client, connection, idle: limits.idle });
        return;
      }
      asked.set(secure, { connection, client });
      http1.emit('connection', secure);
    });
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
    return collect(request, (body) => reply(body ? dohAnswer(responder, body, client) : dohError.tooLarge));
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

/** The body, or undefined as soon as it is longer than any message. Says nothing of one that does not come to its end. */
function collect(stream: NodeJS.ReadableStream, done: (body: Buffer | undefined) => void): void {
  const parts: Buffer[] = [];
  let octets = 0;
  stream.on('data', (part: Buffer) => {
    octets += part.length;
    if (octets <= largestQuery) parts.push(part);
    else if (octets - part.length <= largestQuery) {
      parts.length = 0;
      done(undefined);
    }
  });
  stream.on('end', () => {
    if (octets <= largestQuery) done(parts.length === 1 ? parts[0] : Buffer.concat(parts));
  });
}
