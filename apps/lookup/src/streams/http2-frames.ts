import { dohMediaType, type DohReply } from './doh-exchange.js';

/** RFC 9113 §6. */
export const frameType = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const flag = { endStream: 0x01, ack: 0x01, endHeaders: 0x04, padded: 0x08, priority: 0x20 } as const;

/** RFC 9113 §6.5.2. */
export const setting = { maxConcurrentStreams: 3, initialWindowSize: 4, maxHeaderListSize: 6 } as const;

/** RFC 9113 §7. */
export const http2Error = {
  none: 0,
  protocol: 1,
  flowControl: 3,
  frameSize: 6,
  refusedStream: 7,
  cancel: 8,
  compression: 9,
  enhanceYourCalm: 11,
} as const;
export type Http2ErrorCode = (typeof http2Error)[keyof typeof http2Error];

export const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
export const frameHeadOctets = 9;
/** What every peer takes, and all that we take (SETTINGS_MAX_FRAME_SIZE). */
export const largestFrame = 16_384;

export function putFrameHead(
  out: Buffer,
  at: number,
  length: number,
  type: number,
  flags: number,
  stream: number,
): number {
  out[at] = length >>> 16;
  out[at + 1] = length >>> 8;
  out[at + 2] = length;
  out[at + 3] = type;
  out[at + 4] = flags;
  return putUint32(out, at + 5, stream);
}

export function putUint32(out: Buffer, at: number, value: number): number {
  out[at] = value >>> 24;
  out[at + 1] = value >>> 16;
  out[at + 2] = value >>> 8;
  out[at + 3] = value;
  return at + 4;
}

export const uint32 = (octets: Uint8Array, at: number): number =>
  ((octets[at]! << 24) | (octets[at + 1]! << 16) | (octets[at + 2]! << 8) | octets[at + 3]!) >>> 0;

/** A literal without indexing (RFC 7541 §6.2.2) whose name is in the static table at `index`: all that comes before its value. */
const literalName = (index: number): readonly number[] => (index < 15 ? [index] : [0x0f, index - 15]);

const contentType = Buffer.from([...literalName(31), dohMediaType.length, ...Buffer.from(dohMediaType)]);
const noStore = Buffer.from([...literalName(24), 8, ...Buffer.from('no-store')]);
const allow = Buffer.from([...literalName(22), 15, ...Buffer.from('GET, HEAD, POST')]);
const statusOk = 0x88;
const statusIndex = 8;
const lengthIndex = 28;
const cacheIndex = 24;
const dateIndex = 33;

/** The header block of a reply. It uses no dynamic table, so that nothing is kept for it. Returns where it ends. */
export function putReplyHeaders(out: Buffer, start: number, reply: DohReply, date: string): number {
  let at = start;
  if (reply.status === 200) out[at++] = statusOk;
  else at = putLiteral(out, at, statusIndex, String(reply.status));
  at = putLiteral(out, at, dateIndex, date);
  if (reply.body) {
    at += contentType.copy(out, at);
    at = putLiteral(out, at, lengthIndex, String(reply.body.length));
    return putLiteral(out, at, cacheIndex, `max-age=${reply.maxAge}`);
  }
  at += noStore.copy(out, at);
  return reply.status === 405 ? at + allow.copy(out, at) : at;
}

/** The value is ASCII, and shorter than 127 octets. */
function putLiteral(out: Buffer, at: number, index: number, value: string): number {
  if (index < 15) out[at++] = index;
  else {
    out[at++] = 0x0f;
    out[at++] = index - 15;
  }
  out[at++] = value.length;
  for (let i = 0; i < value.length; i++) out[at++] = value.charCodeAt(i);
  return at;
}
