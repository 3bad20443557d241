import { connect as connectHttp2, type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2';
import { request as requestHttp1, Agent } from 'node:https';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reached } from './behaviour.fixture.js';
import type { StreamLimits } from './connections.js';
import { httpsTransport } from './https.js';
import type { StreamTransport } from './listener.js';
import { query, repeatingResponder, testCertificate, type RecordedResponder } from './stream.fixture.js';
import { tlsIdentity } from './tls-identity.js';

const { cert, key, ca } = testCertificate();
const asked = query(0, 'name.callbook.example');
const encoded = asked.toString('base64url');
const answer = Buffer.from(asked);
answer[2] = 0x80;

interface Request {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly body?: Buffer;
}
interface Response {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}
interface HttpClient {
  ask(request: Request): Promise<Response>;
  close(): void;
}

const dnsMessage = { 'content-type': 'application/dns-message' };
const post = (body: Buffer, headers: Record<string, string> = dnsMessage): Request => ({
  method: 'POST',
  body,
  headers,
});

function overHttp1(port: number): HttpClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 1, ca, servername: 'lookup.callbook.example' });
  return {
    ask: ({ method = 'GET', path = '/dns-query', headers = {}, body }) =>
      new Promise((resolve, reject) => {
        const request = requestHttp1({ agent, host: '127.0.0.1', port, method, path, headers }, (response) => {
          const parts: Buffer[] = [];
          response.on('data', (part: Buffer) => parts.push(part));
          response.on('end', () =>
            resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(parts) }),
          );
        });
        request.on('error', reject);
        request.end(body);
      }),
    close: () => agent.destroy(),
  };
}

function openHttp2(port: number): ClientHttp2Session {
  const session = connectHttp2(`https://127.0.0.1:${port}`, { ca, servername: 'lookup.callbook.example' });
  session.on('error', () => undefined);
  return session;
}

function overHttp2(port: number): HttpClient {
  const session = openHttp2(port);
  return {
    ask: ({ method = 'GET', path = '/dns-query', headers = {}, body }) =>
      new Promise((resolve, reject) => {
        const stream = session.request(
          { ':method': method, ':path': path, ...headers },
          { endStream: body === undefined },
        );
        let head: IncomingHttpHeaders & { ':status'?: number } = {};
        const parts: Buffer[] = [];
        stream.on('response', (given) => (head = given));
        stream.on('data', (part: Buffer) => parts.push(part));
        stream.on('end', () => resolve({ status: head[':status']!, headers: head, body: Buffer.concat(parts) }));
        stream.on('error', reject);
        if (body) stream.end(body);
      }),
    close: () => session.destroy(),
  };
}

let responder: RecordedResponder;
let transport: StreamTransport;
const serve = async (limits: Partial<StreamLimits> = {}) => {
  responder = repeatingResponder();
  transport = httpsTransport(
    { host: '127.0.0.1', port: 0 },
    { responder, identity: tlsIdentity({ cert, key }, Date.now) },
    { connections: 50, connectionsPerClient: 50, idle: 20_000, ...limits },
  );
  await transport.start();
};
afterEach(() => transport.stop());

describe.each([
  ['HTTP/1.1', overHttp1],
  ['HTTP/2', overHttp2],
])('DNS over HTTPS in %s', (_, open) => {
  let client: HttpClient;
  beforeEach(async () => {
    await serve();
    client = open(transport.port);
  });
  afterEach(() => client.close());

  it('answers GET, HEAD and POST (RFC 8484 §4.1)', async () => {
    const get = await client.ask({ path: `/dns-query?dns=${encoded}` });
    expect(get).toMatchObject({ status: 200, body: answer });
    expect(get.headers).toMatchObject({
      'content-type': 'application/dns-message',
      'content-length': String(answer.length),
      'cache-control': 'max-age=0',
    });
    expect(await client.ask(post(asked))).toMatchObject({ status: 200, body: answer });
    const head = await client.ask({ method: 'HEAD', path: `/dns-query?dns=${encoded}` });
    expect([head.status, head.body.length, head.headers['content-length']]).toEqual([200, 0, String(answer.length)]);
    expect(responder.client).toEqual({ carrier: 'https', address: '7f000001' });
  });

  it('answers many at once, each with its own', async () => {
    const all = await Promise.all(
      Array.from({ length: 300 }, (_each, i) => client.ask(post(query(i, `n${i}.callbook.example`)))),
    );
    for (const [i, { body }] of all.entries()) {
      const expected = query(i, `n${i}.callbook.example`);
      expected[2] = 0x80;
      expect(body.equals(expected)).toBe(true);
    }
  });

  it('takes the query among other parameters, and a content type with parameters', async () => {
    expect((await client.ask({ path: `/dns-query?ct=x&dns=${encoded}&y=z` })).status).toBe(200);
    const type = { 'content-type': 'Application/DNS-message; charset=binary' };
    expect((await client.ask(post(asked, type))).status).toBe(200);
  });

  it.each([
    [400, 'no parameter', { path: '/dns-query' }],
    [400, 'an empty one', { path: '/dns-query?dns=' }],
    [400, 'another one', { path: `/dns-query?adns=${encoded}` }],
    [400, 'what is not base64url', { path: `/dns-query?dns=${encoded}!` }],
    [400, 'padding (RFC 8484 §6)', { path: `/dns-query?dns=${encoded}==` }],
    [400, 'bits behind the last octet', { path: '/dns-query?dns=AAABAAABAAAAAAAAA2' }],
    [400, 'less than a header', { path: `/dns-query?dns=${Buffer.alloc(11).toString('base64url')}` }],
    [400, 'an answer instead of a query', { path: `/dns-query?dns=${answer.toString('base64url')}` }],
    [400, 'an empty body', post(Buffer.alloc(0))],
    [404, 'another path', { path: `/resolve?dns=${encoded}` }],
    [404, 'a path below', { path: `/dns-query/?dns=${encoded}` }],
    [405, 'another method', { method: 'PUT', body: asked, headers: dnsMessage }],
    [405, 'OPTIONS', { method: 'OPTIONS' }],
    [413, 'more than a message can be', post(Buffer.alloc(65_536))],
    [415, 'another type', post(asked, { 'content-type': 'application/dns-json' })],
    [415, 'no type', post(asked, {})],
  ])('says %d to %s', async (status, _what, request) => {
    const response = await client.ask(request);
    expect([response.status, response.body.length, response.headers['cache-control']]).toEqual([status, 0, 'no-store']);
    if (status === 405) expect(response.headers.allow).toBe('GET, HEAD, POST');
    expect((await client.ask(post(asked))).status).toBe(200);
  });

  it('answers a query of 65,535 octets in full', async () => {
    const largest = Buffer.concat([asked, Buffer.alloc(65_535 - asked.length)]);
    const { status, body } = await client.ask(post(largest));
    expect([status, body.length]).toEqual([200, 65_535]);
  });
});

describe('DNS over HTTPS', () => {
  it('is HTTP/1.1 for those who name no protocol, and nothing for those who name another', async () => {
    await serve();
    const plain = await dial(transport.port, []);
    plain.write(`GET /dns-query?dns=${encoded} HTTP/1.1\r\nhost: x\r\n\r\n`);
    expect(await firstLine(plain)).toBe('HTTP/1.1 200 OK');
    await expect(dial(transport.port, ['dot'])).rejects.toThrow();
    const nonsense = await dial(transport.port, ['http/1.1']);
    nonsense.write('nonsense\r\n\r\n');
    expect(await firstLine(nonsense)).toBe('HTTP/1.1 400 Bad Request');
  });

  it('answers one request after the other on a connection of HTTP/1.1, also when they come together', async () => {
    await serve();
    const client = await dial(transport.port, ['http/1.1']);
    const get = `GET /dns-query?dns=${encoded} HTTP/1.1\r\nhost: x\r\n\r\n`;
    let heard = '';
    client.on('data', (data: Buffer) => (heard += data.toString('latin1')));
    const answers = () => heard.split('HTTP/1.1 200 OK').length - 1;
    client.write(get);
    await reached(() => answers() === 1);
    client.write(get.repeat(50));
    await reached(() => answers() === 51);
    client.destroy();
  });

  it('says 431 to headers beyond all measure', async () => {
    await serve();
    const client = overHttp1(transport.port);
    expect((await client.ask({ headers: { long: 'x'.repeat(20_000) } })).status).toBe(431);
    client.close();
  });

  it.each([
    ['HTTP/1.1 headers', 'http/1.1', 'POST /dns-query HTTP/1.1\r\nx: '],
    [
      'an HTTP/1.1 body',
      'http/1.1',
      'POST /dns-query HTTP/1.1\r\nhost: x\r\ncontent-type: application/dns-message\r\ncontent-length: 60000\r\n\r\n',
    ],
    ['an HTTP/2 preface', 'h2', 'PRI * HTTP/2.0\r\n'],
  ])('does not wait for %s that dribble in', async (_what, protocol, beginning) => {
    await serve({ idle: 300 });
    const slow = await dial(transport.port, [protocol]);
    slow.write(beginning);
    const dribble = setInterval(() => slow.write('a'), 20);
    await new Promise((resolve) => slow.once('close', resolve));
    clearInterval(dribble);
  });

  it('gives up an HTTP/2 body that does not come, while others are answered', async () => {
    await serve({ idle: 500 });
    const session = openHttp2(transport.port);
    const slow = session.request({ ':method': 'POST', ':path': '/dns-query', ...dnsMessage });
    const status = new Promise((resolve) => slow.on('response', (headers) => resolve(headers[':status'])));
    slow.resume();
    slow.write('a');
    const busy = setInterval(() => session.request({ ':path': `/dns-query?dns=${encoded}` }).resume(), 50);
    session.once('close', () => clearInterval(busy));
    expect(await status).toBe(408);
    clearInterval(busy);
    session.destroy();
  });

  it('ends a connection of HTTP/2 that takes back request after request, at little cost, and serves others', async () => {
    await serve();
    const other = overHttp2(transport.port);
    await other.ask(post(asked));
    const before = responder.answered;
    const cost = process.cpuUsage();
    const attacker = await dial(transport.port, ['h2']);
    attacker.resume();
    attacker.write(Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(frameType.settings, 0, 0)]));
    const closed = new Promise((resolve) => attacker.once('close', resolve));
    for (let first = 1; first < 2_000; first += 200) attacker.write(requestsTakenBack(first, 100));
    await closed;
    const { user, system } = process.cpuUsage(cost);
    expect((user + system) / 1_000).toBeLessThan(5_000);
    expect(responder.answered).toBe(before);
    expect((await other.ask(post(asked))).status).toBe(200);
    other.close();
  });

  it.each([
    ['HTTP/1.1 that says so', 'content-length: 1000000000', (part: Buffer) => part],
    [
      'HTTP/1.1 in chunks',
      'transfer-encoding: chunked',
      (part: Buffer) => Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n')]),
    ],
  ])('does not take a body of a gigabyte by %s', async (_what, header, framedPart) => {
    await serve();
    const client = await dial(transport.port, ['http/1.1']);
    let heard = '';
    client.on('data', (data: Buffer) => (heard += data.toString('latin1')));
    const over = new Promise((resolve) => client.once('close', resolve));
    client.write(`POST /dns-query HTTP/1.1\r\nhost: x\r\ncontent-type: application/dns-message\r\n${header}\r\n\r\n`);
    let sent = 0;
    for (; !client.destroyed && sent < 1_000; sent++)
      await Promise.race([over, new Promise((written) => client.write(framedPart(Buffer.alloc(1_000_000)), written))]);
    await over;
    expect(sent).toBeLessThan(1_000);
    if (heard !== '') expect(heard).toMatch(/^HTTP\/1.1 413 /);
  });

  it('does not take a body of a gigabyte by HTTP/2', async () => {
    await serve();
    const session = openHttp2(transport.port);
    const stream = session.request({ ':method': 'POST', ':path': '/dns-query', ...dnsMessage });
    stream.on('error', () => undefined);
    stream.resume();
    const status = new Promise((resolve) => stream.on('response', (headers) => resolve(headers[':status'])));
    const over = new Promise((resolve) => stream.once('close', resolve));
    let sent = 0;
    for (; !stream.destroyed && sent < 1_000; sent++)
      await Promise.race([over, new Promise((written) => stream.write(Buffer.alloc(1_000_000), written))]);
    expect(await status).toBe(413);
    expect(sent).toBeLessThan(1_000);
    session.destroy();
  });

  it('holds little of the bodies of a connection that do not end, and answers those that do', async () => {
    await serve();
    const session = openHttp2(transport.port);
    const open = () => {
      const stream = session.request({ ':method': 'POST', ':path': '/dns-query', ...dnsMessage });
      stream.on('error', () => undefined);
      stream.resume();
      return stream;
    };
    const statusOf = (stream: ReturnType<typeof open>) =>
      new Promise((resolve) => stream.on('response', (headers) => resolve(headers[':status'])));
    const unfinished = Array.from({ length: 5 }, open);
    const first = Promise.race(unfinished.map(statusOf));
    for (const stream of unfinished) stream.write(Buffer.alloc(60_000));
    expect(await first).toBe(413);
    const whole = open();
    whole.end(Buffer.from(encoded, 'base64url'));
    expect(await statusOf(whole)).toBe(200);
    session.destroy();
  });

  it.each(['http/1.1', 'h2'])('does not take 10,000 headers by %s', async (protocol) => {
    await serve();
    const client = await dial(transport.port, [protocol]);
    client.resume();
    const over = new Promise((resolve) => client.once('close', resolve));
    if (protocol === 'h2') {
      const literals = Buffer.concat(Array.from({ length: 500 }, () => Buffer.from([0x00, 1, 0x78, 1, 0x79])));
      client.write(Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(frameType.settings, 0, 0)]));
      client.write(frame(frameType.headers, 0, 1, literals));
      // CONTINUATION frames without end (CVE-2024-28182)
      for (let i = 0; i < 20; i++) client.write(frame(frameType.continuation, 0, 1, literals));
    } else client.write(`GET /dns-query HTTP/1.1\r\n${'x: y\r\n'.repeat(10_000)}\r\n`);
    await over;
    expect(responder.answered).toBe(0);
  });

  it('holds no more than so many requests of a connection at once', async () => {
    await serve();
    const session = openHttp2(transport.port);
    await reached(() => session.remoteSettings?.maxConcurrentStreams === 100);
    session.destroy();
  });

  it('lives on when clients are gone in the middle of anything', async () => {
    await serve();
    for (let i = 0; i < 30; i++) {
      const gone = await dial(transport.port, [i % 2 ? 'h2' : 'http/1.1']);
      gone.write(
        i % 2 ? 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n' : `GET /dns-query?dns=${encoded} HTTP/1.1\r\nhost: x\r\n\r\n`,
      );
      gone.destroy();
    }
    const client = overHttp2(transport.port);
    expect((await client.ask(post(asked))).status).toBe(200);
    client.close();
  });
});

const frameType = { headers: 1, reset: 3, settings: 4, continuation: 9 } as const;

function frame(type: number, flags: number, stream: number, payload: Uint8Array = new Uint8Array()): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** `POST /dns-query` without its body, and RST_STREAM behind it: so many times, on streams from the first on. */
function requestsTakenBack(first: number, count: number): Buffer {
  const literal = (index: number, value: string) =>
    Buffer.concat([Buffer.from([index, value.length]), Buffer.from(value)]);
  // HPACK by the static table (RFC 7541 appendix A): POST, https, :path, :authority, content-type
  const fields = Buffer.concat([
    Buffer.from([0x83, 0x87]),
    literal(0x04, '/dns-query'),
    literal(0x01, 'x'),
    Buffer.concat([Buffer.from([0x0f, 0x10, 23]), Buffer.from('application/dns-message')]),
  ]);
  const cancel = Buffer.from([0, 0, 0, 8]);
  return Buffer.concat(
    Array.from({ length: count }, (_, i) => first + 2 * i).flatMap((stream) => [
      frame(frameType.headers, 0x04, stream, fields),
      frame(frameType.reset, 0, stream, cancel),
    ]),
  );
}

const dial = (port: number, protocols: string[]) =>
  new Promise<TLSSocket>((resolve, reject) => {
    const socket = connectTls({
      port,
      host: '127.0.0.1',
      ca,
      servername: 'lookup.callbook.example',
      ...(protocols.length > 0 ? { ALPNProtocols: protocols } : {}),
    });
    socket.once('secureConnect', () => resolve(socket));
    socket.on('error', reject);
  });

const firstLine = (socket: TLSSocket) =>
  new Promise<string>((resolve) =>
    socket.once('data', (data: Buffer) => {
      resolve(data.toString('latin1').split('\r\n')[0]!);
      socket.destroy();
    }),
  );
