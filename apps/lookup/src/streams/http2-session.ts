import type { Socket } from 'node:net';
import type { Client, Responder } from '../answer/responder.js';
import type { Connection } from './connections.js';
import { dohAnswer, dohError, largestQuery, type DohReply } from './doh-exchange.js';
import { HpackDecoder, HpackError } from './hpack.js';
import { Http2Answers } from './http2-answers.js';
import {
  flag,
  frameHeadOctets,
  frameType,
  http2Error,
  largestFrame,
  preface,
  setting,
  uint32,
  type Http2ErrorCode,
} from './http2-frames.js';
import { RequestHead } from './http2-request.js';

export interface Http2Deps {
  readonly responder: Responder;
  readonly client: Client;
  readonly connection: Connection;
  /** Milliseconds for a body to come, when others of the connection keep it open. */
  readonly idle: number;
}

/** A request whose body is still to come. */
interface Upload {
  readonly stream: number;
  readonly since: number;
  readonly parts: Buffer[];
  octets: number;
  /** The same with the padding around them: what the client's window has shrunk by. */
  framed: number;
}

/** Requests at once (RFC 9113 §6.5.2). */
const streamsAtOnce = 100;
/**
 * Octets of bodies that a connection keeps, on one stream or on all: room enough for a body that is too long to be seen to be. The client gets
 * back what it used when a body is done with.
 */
const uploadWindow = 131_071;
/** What a connection begins with (RFC 9113 §6.9.2). */
const firstWindow = 65_535;
/** Octets of headers, with 32 more for each. */
const mostHeaderOctets = 16_384;
/** Requests that a client may take back, or have refused, beyond those it let be answered (CVE-2023-44487). */
const resetsAllowed = 100;
/** The same for frames that ask for nothing: pings, settings, empty data (CVE-2019-9512 to 9518). */
const idleFramesAllowed = 1_000;
/** Frames of one header block (CVE-2024-28182). */
const continuationsAllowed = 8;
const mostWindow = 2 ** 31 - 1;
/** Octets of a connection that were read and have not had their turn. */
const mostWaiting = 65_536;
/**
 * Answers that go out together, as one record of TLS. More would cost less, but some take one answer from all that they read at once, and
 * lose the others: dnsperf up to 2.10 at least.
 */
const answersAtOnce = 1;
/** Milliseconds for which one connection is answered while all others wait. */
const turnLength = 2;

/** The client is told why, and the connection is over. */
class Http2Fault extends Error {
  constructor(readonly code: Http2ErrorCode) {
    super('the client breaks HTTP/2');
  }
}

/**
 * The server's end of HTTP/2 (RFC 9113), as far as DNS needs it. Node's own makes a stream with all its events for each request, which costs
 * more than the request. Here a `GET` is answered as it is read; only bodies and full windows are waited for. One file, since it is one state
 * machine: what is said back is in `http2-answers.ts`.
 */
export class Http2Session {
  private input: Buffer = Buffer.alloc(0);
  private at = 0;
  private greeted = false;
  private held = false;
  private over = false;

  private readonly hpack = new HpackDecoder();
  private readonly head = new RequestHead();
  /** A header block that goes on in the next frame. */
  private block: Buffer | undefined;
  private blockStream = 0;
  private blockEndsStream = false;
  private continuations = 0;

  private lastStream = 0;
  private readonly uploads = new Map<number, Upload>();
  private readonly answers: Http2Answers;
  /** Octets of bodies that are done with, since the client heard of it. */
  private taken = 0;

  private answered = 0;
  private answeredBefore = 0;
  private resets = 0;
  private idleFrames = 0;

  constructor(
    private readonly socket: Socket,
    private readonly deps: Http2Deps,
  ) {
    socket.on('data', this.received);
    this.answers = new Http2Answers(socket);
    this.answers.settings([
      [setting.maxConcurrentStreams, streamsAtOnce],
      [setting.initialWindowSize, uploadWindow],
      [setting.maxHeaderListSize, mostHeaderOctets],
    ]);
    this.answers.takeMore(uploadWindow - firstWindow);
    this.flush();
  }

  private readonly received = (chunk: Buffer): void => {
    if (this.over) return;
    this.input = this.at < this.input.length ? Buffer.concat([this.input.subarray(this.at), chunk]) : chunk;
    this.at = 0;
    if (!this.held) this.take();
    else if (this.input.length > mostWaiting) this.socket.pause();
  };

  /** Reads frames for a turn at most, and not while the client does not take what it is told. */
  private take(): void {
    const began = performance.now();
    let isTurnOver = false;
    try {
      this.dropLateUploads(began);
      for (let count = 1; !isTurnOver && this.takeFrame(); count++) {
        if (!this.answers.hasRoom && !this.flush()) return;
        isTurnOver =
          this.answered - this.answeredBefore >= answersAtOnce ||
          (count % 8 === 0 && performance.now() - began >= turnLength);
      }
    } catch (error) {
      return this.end(error instanceof Http2Fault ? error.code : http2Error.compression);
    }
    if (!this.flush() || !isTurnOver) return;
    this.held = true;
    // What comes meanwhile is put behind it, up to a measure.
    if (this.input.length - this.at > mostWaiting) this.socket.pause();
    setImmediate(this.goOn);
  }

  private takeFrame(): boolean {
    const { input } = this;
    if (!this.greeted) {
      const octets = Math.min(input.length, preface.length);
      if (input.compare(preface, 0, octets, 0, octets) !== 0) throw new Http2Fault(http2Error.protocol);
      if (octets < preface.length) return false;
      this.at = preface.length;
      this.greeted = true;
    }
    const start = this.at + frameHeadOctets;
    if (start > input.length) return false;
    const length = (input[this.at]! << 16) | (input[this.at + 1]! << 8) | input[this.at + 2]!;
    if (length > largestFrame) throw new Http2Fault(http2Error.frameSize);
    const end = start + length;
    if (end > input.length) return false;
    const [type, flags] = [input[this.at + 3]!, input[this.at + 4]!];
    const stream = uint32(input, this.at + 5) & mostWindow;
    this.at = end;
    if (this.block && (type !== frameType.continuation || stream !== this.blockStream))
      throw new Http2Fault(http2Error.protocol);
    this.frame(type, flags, stream, start, end);
    return true;
  }

  private frame(type: number, flags: number, stream: number, start: number, end: number): void {
    switch (type) {
      case frameType.headers:
        return this.headers(flags, stream, start, end);
      case frameType.continuation:
        return this.continuation(flags, start, end);
      case frameType.data:
        return this.data(flags, stream, start, end);
      case frameType.reset:
        return this.reset(stream, end - start);
      case frameType.windowUpdate:
        return this.windowUpdate(stream, start, end);
      case frameType.settings:
        return this.settings(flags, stream, start, end);
      case frameType.ping:
        if (stream !== 0) throw new Http2Fault(http2Error.protocol);
        if (end - start !== 8) throw new Http2Fault(http2Error.frameSize);
        this.askedNothing();
        if (flags & flag.ack) return;
        this.answers.pong(this.input.subarray(start, end));
        return;
      case frameType.pushPromise:
        throw new Http2Fault(http2Error.protocol);
      default:
        // PRIORITY, GOAWAY and what is not known yet (RFC 9113 §5.5)
        return this.askedNothing();
    }
  }

  private headers(flags: number, stream: number, start: number, end: number): void {
    const at = start + (flags & flag.padded ? 1 : 0) + (flags & flag.priority ? 5 : 0);
    const padding = flags & flag.padded ? this.input[start]! : 0;
    if ((stream & 1) === 0 || at + padding > end) throw new Http2Fault(http2Error.protocol);
    const endsStream = (flags & flag.endStream) !== 0;
    if (flags & flag.endHeaders) return this.headed(stream, endsStream, this.input, at, end - padding);
    this.block = Buffer.from(this.input.subarray(at, end - padding));
    this.blockStream = stream;
    this.blockEndsStream = endsStream;
    this.continuations = 0;
  }

  private continuation(flags: number, start: number, end: number): void {
    if (!this.block) throw new Http2Fault(http2Error.protocol);
    this.continuations += 1;
    const block = Buffer.concat([this.block, this.input.subarray(start, end)]);
    if (this.continuations > continuationsAllowed || block.length > mostHeaderOctets)
      throw new Http2Fault(http2Error.enhanceYourCalm);
    this.block = block;
    if ((flags & flag.endHeaders) === 0) return;
    this.block = undefined;
    this.headed(this.blockStream, this.blockEndsStream, block, 0, block.length);
  }

  private headed(stream: number, endsStream: boolean, octets: Buffer, start: number, end: number): void {
    const { head } = this;
    head.begin();
    try {
      this.hpack.decode(octets, start, end, mostHeaderOctets, head.field);
    } catch (error) {
      throw new Http2Fault(
        error instanceof HpackError && error.isExcess ? http2Error.enhanceYourCalm : http2Error.compression,
      );
    }
    if (stream <= this.lastStream) return this.trailers(stream, endsStream);
    this.lastStream = stream;
    if (this.uploads.size + this.answers.waiting >= streamsAtOnce) return this.refuse(stream, http2Error.refusedStream);
    if (!head.isWellFormed()) return this.refuse(stream, http2Error.protocol);
    const request = head.read();
    if (request !== 'body') {
      const reply =
        'reply' in request ? request.reply : dohAnswer(this.deps.responder, request.query, this.deps.client);
      this.reply(stream, reply, endsStream, head.isHead);
    } else if (endsStream) this.reply(stream, dohError.badRequest, true);
    else this.uploads.set(stream, { stream, since: performance.now(), parts: [], octets: 0, framed: 0 });
  }

  /** Headers behind a body, or of a request that was answered before all of it had come. */
  private trailers(stream: number, endsStream: boolean): void {
    const upload = this.uploads.get(stream);
    if (!upload) return this.askedNothing();
    if (!endsStream) throw new Http2Fault(http2Error.protocol);
    this.uploaded(upload);
  }

  private data(flags: number, stream: number, start: number, end: number): void {
    if (stream === 0 || stream > this.lastStream) throw new Http2Fault(http2Error.protocol);
    const at = start + (flags & flag.padded ? 1 : 0);
    const padding = flags & flag.padded ? this.input[start]! : 0;
    if (at + padding > end) throw new Http2Fault(http2Error.protocol);
    const upload = this.uploads.get(stream);
    const endsStream = (flags & flag.endStream) !== 0;
    // A body in crumbs is work for nothing.
    if (!upload || (end - start < 64 && !endsStream)) this.askedNothing();
    if (!upload) return this.give(end - start);
    upload.framed += end - start;
    const part = this.input.subarray(at, end - padding);
    upload.octets += part.length;
    if (upload.octets > largestQuery) {
      this.drop(stream);
      return this.reply(stream, dohError.tooLarge, endsStream);
    }
    upload.parts.push(endsStream ? part : Buffer.from(part));
    if (endsStream) this.uploaded(upload);
  }

  private uploaded({ stream, parts }: Upload): void {
    this.drop(stream);
    const query = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    this.reply(stream, dohAnswer(this.deps.responder, query, this.deps.client), true);
  }

  private drop(stream: number): void {
    this.give(this.uploads.get(stream)?.framed ?? 0);
    this.uploads.delete(stream);
  }

  /** Gives the client back what it used of its window, not at every crumb. */
  private give(octets: number): void {
    this.taken += octets;
    if (this.taken < 32_768) return;
    this.answers.takeMore(this.taken);
    this.taken = 0;
  }

  private dropLateUploads(now: number): void {
    for (const { stream, since } of this.uploads.values()) {
      if (now - since < this.deps.idle) return;
      this.drop(stream);
      this.reply(stream, dohError.requestTimeout, false);
    }
  }

  private reset(stream: number, length: number): void {
    if (length !== 4) throw new Http2Fault(http2Error.frameSize);
    if (stream === 0 || stream > this.lastStream) throw new Http2Fault(http2Error.protocol);
    this.drop(stream);
    this.answers.forget(stream);
    this.countReset();
  }

  private windowUpdate(stream: number, start: number, end: number): void {
    if (end - start !== 4) throw new Http2Fault(http2Error.frameSize);
    const more = uint32(this.input, start) & mostWindow;
    if (more === 0) throw new Http2Fault(http2Error.protocol);
    this.askedNothing();
    if (!this.answers.widen(stream, more)) throw new Http2Fault(http2Error.flowControl);
  }

  private settings(flags: number, stream: number, start: number, end: number): void {
    if (stream !== 0) throw new Http2Fault(http2Error.protocol);
    if ((end - start) % 6 !== 0 || (flags & flag.ack && end > start)) throw new Http2Fault(http2Error.frameSize);
    this.askedNothing();
    if (flags & flag.ack) return;
    for (let at = start; at < end; at += 6) {
      const id = (this.input[at]! << 8) | this.input[at + 1]!;
      // The others say what we may do that we do not.
      if (id === setting.initialWindowSize && !this.answers.resize(uint32(this.input, at + 2)))
        throw new Http2Fault(http2Error.flowControl);
    }
    this.answers.settingsTaken();
  }

  /** @param isRead nothing of the request is still to come; else the client is asked to stop (RFC 9113 §8.1) */
  private reply(stream: number, reply: DohReply, isRead: boolean, isHead = false): void {
    this.answered += 1;
    this.answers.reply(stream, reply, isHead);
    if (!isRead) this.answers.reset(stream, http2Error.none);
  }

  private refuse(stream: number, code: Http2ErrorCode): void {
    this.answers.reset(stream, code);
    this.countReset();
  }

  private countReset(): void {
    this.resets += 1;
    if (this.resets > resetsAllowed + this.answered) throw new Http2Fault(http2Error.enhanceYourCalm);
  }

  private askedNothing(): void {
    this.idleFrames += 1;
    if (this.idleFrames > idleFramesAllowed + 10 * this.answered) throw new Http2Fault(http2Error.enhanceYourCalm);
  }

  /** False when the client has to take it before it hears more. */
  private flush(): boolean {
    if (this.answered > this.answeredBefore) this.deps.connection.touch();
    this.answeredBefore = this.answered;
    if (this.answers.write()) return true;
    this.hold((goOn) => this.socket.once('drain', goOn));
    return false;
  }

  private hold(until: (goOn: () => void) => unknown): void {
    this.held = true;
    this.socket.pause();
    until(this.goOn);
  }

  private readonly goOn = (): void => {
    if (this.socket.destroyed || this.over) return;
    this.held = false;
    this.deps.connection.touch();
    this.take();
    if (!this.held && this.socket.isPaused()) this.socket.resume();
  };

  private end(code: Http2ErrorCode): void {
    this.over = true;
    this.answers.goodbye(this.lastStream, code);
    this.answers.write();
    this.socket.destroySoon();
  }
}
