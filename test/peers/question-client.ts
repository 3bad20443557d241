import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Address } from '../judges.js';

interface Waiting {
  readonly query: Uint8Array;
  readonly server: Address;
  readonly resolve: (answer: Buffer | undefined) => void;
  triesLeft: number;
  sentAt: number;
}

/**
 * Asks many questions over one UDP socket at a time. Its own message ids go over the wire, so that queries with equal ids can be
 * under way; answers are given back with the id of the query. Loss (a full socket buffer on a busy machine) is met by asking again.
 */
export class QuestionClient {
  private readonly waiting = new Map<number, Waiting>();
  private next = 0;
  private timer: NodeJS.Timeout | undefined;

  private constructor(
    private readonly socket: Socket,
    private readonly patienceMs: number,
    private readonly tries: number,
  ) {
    socket.on('message', (message) => this.take(message));
    socket.on('error', () => undefined); // a server that is not there yet: asked again, then silence
  }

  static async open({ patienceMs = 1_000, tries = 10 } = {}): Promise<QuestionClient> {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20, sendBufferSize: 1 << 20 });
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new QuestionClient(socket, patienceMs, tries);
  }

  /** Undefined: silence, `tries` times for `patienceMs`. */
  ask(server: Address, query: Uint8Array): Promise<Buffer | undefined> {
    return new Promise((resolve) => {
      while (this.waiting.has(this.next)) this.next = (this.next + 1) & 0xffff;
      const id = this.next;
      this.next = (this.next + 1) & 0xffff;
      const entry: Waiting = { query, server, resolve, triesLeft: this.tries, sentAt: 0 };
      this.waiting.set(id, entry);
      this.send(id, entry);
      this.timer ??= setInterval(() => this.askAgain(), this.patienceMs / 4);
    });
  }

  /** All of them, at most `window` at a time; answers in the order of the queries. */
  async askAll(server: Address, queries: readonly Uint8Array[], window = 64): Promise<(Buffer | undefined)[]> {
    const answers: (Buffer | undefined)[] = new Array<Buffer | undefined>(queries.length);
    let at = 0;
    const lane = async () => {
      while (at < queries.length) {
        const index = at++;
        answers[index] = await this.ask(server, queries[index]!);
      }
    };
    await Promise.all(Array.from({ length: Math.min(window, queries.length) }, lane));
    return answers;
  }

  close(): void {
    clearInterval(this.timer);
    this.socket.close();
    for (const { resolve } of this.waiting.values()) resolve(undefined);
    this.waiting.clear();
  }

  private send(id: number, entry: Waiting): void {
    const packet = Buffer.from(entry.query);
    packet.writeUInt16BE(id, 0);
    entry.triesLeft -= 1;
    entry.sentAt = performance.now();
    this.socket.send(packet, entry.server.port, entry.server.host);
  }

  private take(message: Buffer): void {
    if (message.length < 12) return;
    const id = message.readUInt16BE(0);
    const entry = this.waiting.get(id);
    if (!entry) return; // the second answer to what was asked twice
    this.waiting.delete(id);
    const answer = Buffer.from(message);
    answer[0] = entry.query[0]!;
    answer[1] = entry.query[1]!;
    entry.resolve(answer);
    this.restWhenIdle();
  }

  private askAgain(): void {
    const late = performance.now() - this.patienceMs;
    for (const [id, entry] of this.waiting) {
      if (entry.sentAt > late) continue;
      if (entry.triesLeft > 0) this.send(id, entry);
      else {
        this.waiting.delete(id);
        entry.resolve(undefined);
      }
    }
    this.restWhenIdle();
  }

  private restWhenIdle(): void {
    if (this.waiting.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }
}
