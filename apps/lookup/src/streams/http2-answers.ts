import type { Socket } from 'node:net';
import type { DohReply } from './doh-exchange.js';
import {
  flag,
  frameType,
  largestFrame,
  putFrameHead,
  putReplyHeaders,
  putUint32,
  type Http2ErrorCode,
} from './http2-frames.js';

/** An answer that the client's windows have no room for. */
interface Blocked {
  readonly stream: number;
  readonly body: Buffer;
  at: number;
  window: number;
}

const mostWindow = 2 ** 31 - 1;

/** Where what goes out is put together. One serves all connections of a thread, since only one has its turn. */
const out = Buffer.allocUnsafeSlow(4 * 65_536);
/** The largest answer with its frames, and whatever comes before it. */
const roomForReply = 70_000;

/** What the server says in HTTP/2: frames are put together and written in one go, answers as far as the client's windows have room (RFC 9113 §5.2). */
export class Http2Answers {
  private used = 0;
  /** What the client takes: on the connection, and on a stream from its beginning. */
  private window = 65_535;
  private streamWindow = 65_535;
  private readonly blocked = new Map<number, Blocked>();

  constructor(private readonly socket: Socket) {}

  get waiting(): number {
    return this.blocked.size;
  }

  get hasRoom(): boolean {
    return this.used + roomForReply <= out.length;
  }

  /** False when the client has had enough for now. */
  write(): boolean {
    if (this.used === 0) return true;
    // TLS holds on to what it encrypts, so it gets a copy.
    const isTaken = this.socket.write(Buffer.from(out.subarray(0, this.used)));
    this.used = 0;
    return isTaken;
  }

  settings(pairs: readonly (readonly [id: number, value: number])[]): void {
    this.begin(frameType.settings, 0, 0, 6 * pairs.length);
    for (const [id, value] of pairs) {
      out[this.used] = 0;
      out[this.used + 1] = id;
      this.used = putUint32(out, this.used + 2, value);
    }
  }

  settingsTaken(): void {
    this.begin(frameType.settings, flag.ack, 0, 0);
  }

  pong(payload: Uint8Array): void {
    this.begin(frameType.ping, flag.ack, 0, payload.length);
    out.set(payload, this.used);
    this.used += payload.length;
  }

  /** The client may send so many octets more. */
  takeMore(octets: number): void {
    this.begin(frameType.windowUpdate, 0, 0, 4);
    this.used = putUint32(out, this.used, octets);
  }

  reset(stream: number, code: Http2ErrorCode): void {
    this.begin(frameType.reset, 0, stream, 4);
    this.used = putUint32(out, this.used, code);
  }

  goodbye(lastStream: number, code: Http2ErrorCode): void {
    this.begin(frameType.goaway, 0, 0, 8);
    this.used = putUint32(out, putUint32(out, this.used, lastStream), code);
  }

  reply(stream: number, reply: DohReply, isHead: boolean): void {
    const head = this.used;
    const start = putFrameHead(out, head, 0, frameType.headers, 0, stream);
    const end = putReplyHeaders(out, start, reply, httpDate());
    const body = isHead ? undefined : reply.body;
    putFrameHead(out, head, end - start, frameType.headers, flag.endHeaders | (body ? 0 : flag.endStream), stream);
    this.used = end;
    if (!body) return;
    const sending: Blocked = { stream, body, at: 0, window: this.streamWindow };
    if (!this.send(sending)) this.blocked.set(stream, sending);
  }

  /** The client wants no more of it. */
  forget(stream: number): void {
    this.blocked.delete(stream);
  }

  /** The client takes so much more, of the connection (stream 0) or of a stream. False when that is beyond all measure. */
  widen(stream: number, octets: number): boolean {
    const waiting = this.blocked.get(stream);
    if (waiting) waiting.window += octets;
    if (stream === 0) this.window += octets;
    if (this.window > mostWindow || (waiting && waiting.window > mostWindow)) return false;
    this.sendBlocked();
    return true;
  }

  /** SETTINGS_INITIAL_WINDOW_SIZE, also of the streams that wait (RFC 9113 §6.9.2). False when it is beyond all measure. */
  resize(streamWindow: number): boolean {
    if (streamWindow > mostWindow) return false;
    for (const each of this.blocked.values()) each.window += streamWindow - this.streamWindow;
    this.streamWindow = streamWindow;
    this.sendBlocked();
    return true;
  }

  private sendBlocked(): void {
    for (const sending of this.blocked.values()) {
      if (this.window <= 0) return;
      if (!this.hasRoom) this.write();
      if (this.send(sending)) this.blocked.delete(sending.stream);
    }
  }

  /** As much as the windows have room for. True when that is all. */
  private send(sending: Blocked): boolean {
    const { body, stream } = sending;
    while (sending.at < body.length) {
      const octets = Math.min(body.length - sending.at, largestFrame, this.window, sending.window);
      if (octets <= 0) return false;
      const isLast = sending.at + octets === body.length;
      this.begin(frameType.data, isLast ? flag.endStream : 0, stream, octets);
      this.used += body.copy(out, this.used, sending.at, sending.at + octets);
      sending.at += octets;
      sending.window -= octets;
      this.window -= octets;
    }
    return true;
  }

  private begin(type: number, flags: number, stream: number, length: number): void {
    this.used = putFrameHead(out, this.used, length, type, flags, stream);
  }
}

let date = '';
let dateSecond = 0;

/** RFC 9110 §6.6.1, made once a second. */
function httpDate(): string {
  const second = Math.floor(Date.now() / 1_000);
  if (second !== dateSecond) {
    dateSecond = second;
    date = new Date(second * 1_000).toUTCString();
  }
  return date;
}
