import type { Socket } from 'node:net';
import type { Client, Responder } from '../answer/responder.js';
import type { Connection } from './connections.js';
import { mayBeTransfer, type StreamSession, type Transfer } from './transfers.js';

export interface ConversationDeps {
  readonly responder: Responder;
  readonly transfer?: Transfer | undefined;
}

const headerOctets = 12;
const lengthOctets = 2;
const largestMessage = 65_535;
const framed = lengthOctets + largestMessage;

/** Milliseconds for which one connection is answered while all others wait. */
const turnLength = 2;
/** Queries between two looks at the clock. */
const turnStep = 8;

/** Where the answers to what came in one piece are put together. One serves all connections of a thread, since only one has its turn. */
let answers = Buffer.allocUnsafeSlow(2 * framed);

const nothing = Buffer.alloc(0);

/**
 * The queries of one connection and their answers (RFC 1035 §4.2.2, RFC 7766), over TCP or TLS.
 *
 * What came in one piece is answered in one. Nothing further is read while answers wait to be taken, so that a client that does not read holds
 * no more than one piece of ours; while a transfer is under way; or while others have their turn.
 */
export class Conversation {
  /** Read, and not answered yet: from `at` on. */
  private input: Buffer = nothing;
  private at = 0;
  /** The beginning of a message whose end is still to come. Grows with what came, not with the length that was announced. */
  private beginning: Buffer = nothing;
  private beginningOctets = 0;
  private held = false;
  private ended = false;
  private session: StreamSession | undefined;

  constructor(
    private readonly socket: Socket,
    private readonly connection: Connection,
    private readonly client: Client,
    private readonly deps: ConversationDeps,
    private readonly tlsVersion?: string,
  ) {
    socket.on('data', this.received);
    socket.on('end', this.finished);
  }

  /** Whoever has said all that they ask still gets the answers. This comes also while the socket is paused. */
  private readonly finished = (): void => {
    this.ended = true;
    if (!this.held) this.socket.end();
  };

  /** Nothing comes while the conversation is held: the socket is paused then. */
  private readonly received = (chunk: Buffer): void => {
    this.input = this.beginningOctets > 0 ? this.joined(chunk) : chunk;
    this.at = 0;
    this.take();
  };

  /** Answers what lies ready, for a turn at most. */
  private take(): void {
    const { input, client } = this;
    const { responder, transfer } = this.deps;
    const began = performance.now();
    let used = 0;
    for (let count = 1; ; count++) {
      const start = this.at + lengthOctets;
      if (start > input.length) break;
      const end = start + ((input[this.at]! << 8) | input[this.at + 1]!);
      if (end > input.length) break;
      if (used + framed > answers.length) {
        if (!this.send(used)) return;
        used = 0;
      }
      if (count % turnStep === 0 && performance.now() - began >= turnLength) {
        if (this.send(used)) this.hold(setImmediate);
        return;
      }
      this.at = end;
      if (end - start < headerOctets) continue;
      if (transfer !== undefined && mayBeTransfer(input, start, end)) {
        const messages = transfer(input.subarray(start, end), client, this.sessionNow());
        if (messages !== undefined) {
          this.hold(() => void this.transferred(messages, Buffer.from(answers.subarray(0, used))));
          return;
        }
      }
      const octets = responder.respond(input, start, end, answers, used + lengthOctets, client);
      if (octets === 0) continue;
      answers[used] = octets >> 8;
      answers[used + 1] = octets;
      used += lengthOctets + octets;
    }
    this.keepBeginning();
    this.send(used);
  }

  /** False when the client has to take it before it hears more. */
  private send(used: number): boolean {
    if (used === 0) return true;
    const { socket } = this;
    this.connection.touch();
    if (this.tlsVersion !== undefined) {
      // TLS holds on to what it encrypts, so it gets a copy. It says when it has had enough.
      if (socket.write(Buffer.from(answers.subarray(0, used)))) return true;
      this.hold((goOn) => socket.once('drain', goOn));
      return false;
    }
    socket.write(answers.subarray(0, used));
    if (socket.writableLength === 0) return true; // the system took it all, at once
    answers = Buffer.allocUnsafeSlow(answers.length);
    // Written when all before it is.
    this.hold((goOn) => socket.write(nothing, goOn));
    return false;
  }

  private hold(until: (goOn: () => void) => unknown): void {
    this.held = true;
    this.socket.pause();
    until(this.goOn);
  }

  private readonly goOn = (): void => {
    if (this.socket.destroyed) return;
    this.held = false;
    this.connection.touch();
    if (this.at < this.input.length) this.take();
    if (this.held) return;
    if (this.ended) this.socket.end();
    else this.socket.resume();
  };

  /** One message after the other, each when the client has taken the one before. Queries behind it wait. */
  private async transferred(messages: AsyncIterable<Uint8Array>, before: Uint8Array): Promise<void> {
    try {
      await this.written(before);
      for await (const message of messages) {
        const octets = Buffer.allocUnsafe(lengthOctets + message.length);
        octets.writeUInt16BE(message.length, 0);
        octets.set(message, lengthOctets);
        await this.written(octets);
        this.connection.touch();
      }
      this.goOn();
    } catch {
      // The client is gone, or the zone cannot be told to its end: a transfer that was cut is no transfer (RFC 5936 §2.2).
      this.socket.destroy();
    }
  }

  private written(octets: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => this.socket.write(octets, (error) => (error ? reject(error) : resolve())));
  }

  private joined(chunk: Buffer): Buffer {
    const octets = this.beginningOctets + chunk.length;
    this.makeRoom(octets);
    chunk.copy(this.beginning, this.beginningOctets);
    return this.beginning.subarray(0, octets);
  }

  private keepBeginning(): void {
    const { input, at } = this;
    const octets = input.length - at;
    this.input = nothing;
    this.at = 0;
    this.beginningOctets = octets;
    if (octets === 0) this.beginning = nothing;
    else if (input.buffer === this.beginning.buffer) this.beginning.copyWithin(0, at, input.length);
    else {
      this.makeRoom(octets);
      input.copy(this.beginning, 0, at);
    }
  }

  /** Doubles: a client that sends octet by octet costs no more than its octets. */
  private makeRoom(octets: number): void {
    if (octets <= this.beginning.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(2 * this.beginning.length, octets));
    this.beginning.copy(larger, 0, 0, this.beginningOctets);
    this.beginning = larger;
  }

  private sessionNow(): StreamSession {
    if (this.session !== undefined) return this.session;
    const closed = new AbortController();
    this.socket.once('close', () => closed.abort());
    return (this.session = {
      encrypted: this.tlsVersion !== undefined,
      ...(this.tlsVersion === undefined ? {} : { tlsVersion: this.tlsVersion }),
      signal: closed.signal,
    });
  }
}
