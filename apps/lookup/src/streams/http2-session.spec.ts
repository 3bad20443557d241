import fc from 'fast-check';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reached } from './behaviour.fixture.js';
import { clientAt } from './client.js';
import { flag, frameType, http2Error, preface } from './http2-frames.js';
import { Http2Session } from './http2-session.js';
import { streamListener, type StreamTransport } from './listener.js';
import { query, repeatingResponder } from './stream.fixture.js';

interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

function frame(type: number, flags: number, stream: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}
function forStream(framed: Buffer, stream: number): Buffer {
  const other = Buffer.from(framed);
  other.writeUInt32BE(stream, 5);
  return other;
}
const number = (value: number) => {
  const octets = Buffer.alloc(4);
  octets.writeUInt32BE(value);
  return octets;
};
const settings = (...pairs: [number, number][]) =>
  frame(
    frameType.settings,
    0,
    0,
    Buffer.concat(pairs.map(([id, value]) => Buffer.concat([Buffer.from([0, id]), number(value)]))),
  );
/** Literals without a table. */
const block = (fields: readonly [string, string][]) =>
  Buffer.concat(
    fields.flatMap(([name, value]) => [
      Buffer.from([0, name.length]),
      Buffer.from(name),
      Buffer.from([value.length]),
      Buffer.from(value),
    ]),
  );
const head = (method: string, path: string): [string, string][] => [
  [':method', method],
  [':scheme', 'https'],
  [':path', path],
];
const asked = (name: string) => `/dns-query?dns=${query(0, name).toString('base64url')}`;
const get = (stream: number, name = 'name.callbook.example') =>
  frame(frameType.headers, flag.endStream | flag.endHeaders, stream, block(head('GET', asked(name))));
const upload: [string, string][] = [...head('POST', '/dns-query'), ['content-type', 'application/dns-message']];

describe('HTTP/2', () => {
  let transport: StreamTransport;
  let socket: Socket;
  let frames: Frame[];
  let isOver: boolean;

  beforeEach(async () => {
    const responder = repeatingResponder();
    transport = streamListener(
      { host: '127.0.0.1', port: 0 },
      'https',
      { connections: 50, connectionsPerClient: 50, idle: 20_000 },
      (served, connection) => {
        new Http2Session(served, { responder, client: clientAt('127.0.0.1', 'https'), connection, idle: 20_000 });
      },
    );
    await transport.start();
    open();
  });
  afterEach(async () => {
    socket.destroy();
    await transport.stop();
  });

  function open(): void {
    frames = [];
    isOver = false;
    let rest = Buffer.alloc(0);
    const heard = frames;
    socket = connect(transport.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.on('close', () => (isOver = true));
    socket.on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk]);
      while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
        const end = 9 + rest.readUIntBE(0, 3);
        heard.push({ type: rest[3]!, flags: rest[4]!, stream: rest.readUInt32BE(5), payload: rest.subarray(9, end) });
        rest = rest.subarray(end);
      }
    });
  }
  const send = (...parts: Uint8Array[]) => socket.write(Buffer.concat(parts));
  const greet = (...parts: Uint8Array[]) => send(preface, settings(), ...parts);
  const dataOf = (stream: number) => frames.filter(({ type, stream: of }) => type === frameType.data && of === stream);
  const octetsOf = (stream: number) => dataOf(stream).reduce((sum, { payload }) => sum + payload.length, 0);
  const isEnded = (stream: number) =>
    frames.some((each) => each.stream === stream && (each.flags & flag.endStream) !== 0 && each.type <= 1);
  const saidGoodbye = async () => {
    await reached(() => isOver);
    return frames.find(({ type }) => type === frameType.goaway)?.payload.readUInt32BE(4);
  };

  it('says what it takes before anything else, and takes the settings of the client', async () => {
    greet();
    await reached(() => frames.length === 3);
    expect(frames.map(({ type, flags }) => [type, flags])).toEqual([
      [frameType.settings, 0],
      [frameType.windowUpdate, 0],
      [frameType.settings, flag.ack],
    ]);
  });

  it('answers a request however the octets are cut', async () => {
    const stream = Buffer.concat([preface, settings(), get(1)]);
    for (const octet of stream) await new Promise((written) => socket.write(Buffer.from([octet]), written));
    await reached(() => isEnded(1));
  });

  it('sends no more than the windows of the client have room for, and the rest when they have', async () => {
    send(preface, settings([4, 1_000]), get(1, 'large'), get(3, 'large'));
    await reached(() => octetsOf(1) === 1_000 && octetsOf(3) === 1_000);
    send(frame(frameType.windowUpdate, 0, 1, number(59_000)));
    await reached(() => octetsOf(1) === 60_000 && isEnded(1));
    // 61,000 of 65,535 octets of the connection are used.
    send(frame(frameType.windowUpdate, 0, 3, number(100_000)));
    await reached(() => octetsOf(3) === 65_535 - 60_000);
    send(frame(frameType.windowUpdate, 0, 0, number(100_000)));
    await reached(() => octetsOf(3) === 60_000 && isEnded(3));
    for (const { payload } of frames) expect(payload.length).toBeLessThanOrEqual(16_384);
  });

  it('takes a change of the window of streams that wait', async () => {
    send(preface, settings([4, 0]), get(1), get(3));
    await reached(() => frames.filter(({ type }) => type === frameType.headers).length === 2);
    expect(octetsOf(1) + octetsOf(3)).toBe(0);
    send(settings([4, 65_535]));
    await reached(() => isEnded(1) && isEnded(3));
  });

  it('lets more be uploaded as it reads', async () => {
    const body = (stream: number) =>
      frame(frameType.data, flag.endStream, stream, Buffer.concat([query(1, 'a'), Buffer.alloc(16_000)]));
    greet(frame(frameType.windowUpdate, 0, 0, number(1_000_000)));
    for (let stream = 1; stream < 20; stream += 2)
      send(frame(frameType.headers, flag.endHeaders, stream, block(upload)), body(stream));
    await reached(() => isEnded(19));
    const updates = frames.filter(({ type, stream }) => type === frameType.windowUpdate && stream === 0);
    expect(updates.reduce((sum, { payload }) => sum + payload.readUInt32BE(0), 0)).toBeGreaterThan(128_000);
  });

  it('keeps no more of bodies that do not end than of one that is too long', async () => {
    greet();
    const part = frame(frameType.data, 0, 1, Buffer.alloc(16_000));
    for (let stream = 1; stream < 9; stream += 2)
      send(
        frame(frameType.headers, flag.endHeaders, stream, block(upload)),
        ...new Array<Buffer>(2).fill(forStream(part, stream)),
      );
    send(frame(frameType.ping, 0, 0, Buffer.alloc(8)));
    await reached(() => frames.some(({ type }) => type === frameType.ping));
    const given = () =>
      frames.reduce(
        (sum, { type, payload }) => sum + (type === frameType.windowUpdate ? payload.readUInt32BE(0) : 0),
        65_535,
      );
    expect(given()).toBe(131_071);
    send(frame(frameType.reset, 0, 1, number(8)), frame(frameType.reset, 0, 3, number(8)));
    await reached(() => given() === 131_071 + 64_000);
  });

  it('reads padding, priorities, trailers and headers in several frames', async () => {
    const fields = block(upload);
    greet(
      frame(
        frameType.headers,
        flag.padded | flag.priority,
        1,
        Buffer.concat([Buffer.from([3, 0, 0, 0, 0, 9]), fields.subarray(0, 20), Buffer.alloc(3)]),
      ),
      frame(frameType.continuation, 0, 1, fields.subarray(20, 40)),
      frame(frameType.continuation, flag.endHeaders, 1, fields.subarray(40)),
      frame(frameType.data, flag.padded, 1, Buffer.concat([Buffer.from([5]), query(1, 'a'), Buffer.alloc(5)])),
      frame(frameType.headers, flag.endHeaders | flag.endStream, 1, block([['trailer', 'x']])),
    );
    await reached(() => isEnded(1));
    expect(octetsOf(1)).toBe(query(1, 'a').length);
  });

  it('answers HEAD as HEAD while a body is on its way, and the body as a body', async () => {
    greet(
      frame(frameType.headers, flag.endHeaders, 1, block(upload)),
      frame(frameType.headers, flag.endHeaders | flag.endStream, 3, block(head('HEAD', asked('a')))),
      frame(frameType.data, flag.endStream, 1, query(1, 'a')),
    );
    await reached(() => isEnded(1) && isEnded(3));
    expect([octetsOf(1), octetsOf(3)]).toEqual([query(1, 'a').length, 0]);
  });

  it('answers pings', async () => {
    greet(frame(frameType.ping, 0, 0, Buffer.from('12345678')));
    await reached(() =>
      frames.some(
        ({ type, flags, payload }) =>
          type === frameType.ping && flags === flag.ack && payload.equals(Buffer.from('12345678')),
      ),
    );
  });

  it.each<[string, [string, string][]]>([
    [
      'no path',
      [
        [':method', 'GET'],
        [':scheme', 'https'],
      ],
    ],
    [
      'no scheme',
      [
        [':method', 'GET'],
        [':path', '/dns-query'],
      ],
    ],
    ['two methods', [[':method', 'GET'], ...head('GET', '/dns-query')]],
    ['a field that is not there', [...head('GET', '/dns-query'), [':other', 'x']]],
    ['the path at the end', [...head('GET', '/x').slice(0, 2), ['x', 'y'], [':path', '/dns-query']]],
    ['upper case', [...head('GET', '/dns-query'), ['Upper', 'x']]],
    ['what belongs to connections', [...head('GET', '/dns-query'), ['transfer-encoding', 'chunked']]],
  ])('refuses a request with %s, and goes on', async (_what, fields) => {
    greet(frame(frameType.headers, flag.endStream | flag.endHeaders, 1, block(fields)), get(3));
    await reached(() => isEnded(3));
    const reset = frames.find(({ type, stream }) => type === frameType.reset && stream === 1);
    expect(reset?.payload.readUInt32BE(0)).toBe(http2Error.protocol);
  });

  it('refuses one request more than it has room for', async () => {
    greet(
      ...Array.from({ length: 101 }, (_, i) => frame(frameType.headers, flag.endHeaders, 1 + 2 * i, block(upload))),
    );
    await reached(() => frames.some(({ type }) => type === frameType.reset));
    expect(frames.filter(({ type }) => type === frameType.reset)).toMatchObject([
      { stream: 201, payload: number(http2Error.refusedStream) },
    ]);
  });

  it.each<[string, number, Buffer[]]>([
    ['a frame longer than allowed', http2Error.frameSize, [frame(0xee, 0, 0, Buffer.alloc(16_385))]],
    ['headers on an even stream', http2Error.protocol, [get(2)]],
    ['headers on no stream', http2Error.protocol, [get(0)]],
    ['a push', http2Error.protocol, [frame(frameType.pushPromise, 4, 1, Buffer.alloc(4))]],
    ['data on a stream that is not open yet', http2Error.protocol, [frame(frameType.data, 0, 1, Buffer.alloc(4))]],
    ['the end of a stream that never was', http2Error.protocol, [frame(frameType.reset, 0, 1, number(8))]],
    [
      'another frame within headers',
      http2Error.protocol,
      [frame(frameType.headers, 0, 1, block(upload)), frame(frameType.ping, 0, 0, Buffer.alloc(8))],
    ],
    ['a continuation of nothing', http2Error.protocol, [frame(frameType.continuation, 4, 1)]],
    [
      'padding longer than its frame',
      http2Error.protocol,
      [frame(frameType.headers, flag.padded | 4, 1, Buffer.from([200, 0]))],
    ],
    [
      'a header block that is none',
      http2Error.compression,
      [frame(frameType.headers, 5, 1, Buffer.from([0xff, 0xff, 0xff, 0xff]))],
    ],
    ['settings cut short', http2Error.frameSize, [frame(frameType.settings, 0, 0, Buffer.alloc(5))]],
    ['a window beyond all measure', http2Error.flowControl, [settings([4, 0x80000000])]],
    ['a window opened too wide', http2Error.flowControl, [frame(frameType.windowUpdate, 0, 0, number(0x7fffffff))]],
    ['a window opened by nothing', http2Error.protocol, [frame(frameType.windowUpdate, 0, 0, number(0))]],
    ['a ping of another length', http2Error.frameSize, [frame(frameType.ping, 0, 0, Buffer.alloc(7))]],
    [
      'headers without end',
      http2Error.enhanceYourCalm,
      [frame(frameType.headers, 0, 1), ...new Array<Buffer>(9).fill(frame(frameType.continuation, 0, 1))],
    ],
    [
      'pings without end',
      http2Error.enhanceYourCalm,
      new Array<Buffer>(2_000).fill(frame(frameType.ping, 0, 0, Buffer.alloc(8))),
    ],
    ['settings without end', http2Error.enhanceYourCalm, new Array<Buffer>(2_000).fill(settings())],
    [
      'data without octets',
      http2Error.enhanceYourCalm,
      [frame(frameType.headers, 4, 1, block(upload)), ...new Array<Buffer>(2_000).fill(frame(frameType.data, 0, 1))],
    ],
  ])('ends a connection with %s', async (_what, code, parts) => {
    greet(...parts);
    expect(await saidGoodbye()).toBe(code);
  });

  it('ends what does not begin as HTTP/2', async () => {
    send(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
    expect(await saidGoodbye()).toBe(http2Error.protocol);
  });

  it('takes any octets for frames, and lives on', async () => {
    const payload = fc.uint8Array({ maxLength: 40 }).map((octets) => Buffer.from(octets));
    const anyFrame = fc
      .tuple(
        fc.nat(11),
        fc.nat(255),
        fc.oneof(fc.nat(9), fc.nat(2 ** 31 - 1)),
        fc.oneof(payload, fc.constant(block(upload)), fc.constant(query(1, 'a'))),
      )
      .map(([type, flags, stream, octets]) => frame(type, flags, stream, octets));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(anyFrame, fc.constant(get(1)), payload), { maxLength: 20 }), async (parts) => {
        socket.destroy();
        open();
        greet(...parts);
        socket.end();
        await reached(() => isOver || frames.length > 0);
      }),
      { numRuns: 100 },
    );
    socket.destroy();
    open();
    greet(get(1));
    await reached(() => isEnded(1));
  }, 120_000);
});
