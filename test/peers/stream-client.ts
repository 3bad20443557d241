import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Address } from '../judges.js';

/** Asks over TCP (RFC 7766): one connection, queries one behind the other without waiting, answers in any order. */
export class StreamClient {
  private readonly waiting = new Map<number, { id: number; resolve: (answer: Buffer | undefined) => void }>();
  private received: Buffer = Buffer.alloc(0);
  private next = 0;

  private constructor(private readonly socket: Socket) {
    socket.on('data', (data: Buffer) => this.take(data));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      for (const { resolve } of this.waiting.values()) resolve(undefined);
      this.waiting.clear();
    });
  }

  static async open(server: Address): Promise<StreamClient> {
    const socket = connect(server.port, server.host);
    socket.setNoDelay(true);
    await once(socket, 'connect');
    return new StreamClient(socket);
  }

  get isOpen(): boolean {
    return !this.socket.destroyed;
  }

  /** Undefined: the connection ended without an answer. */
  ask(query: Uint8Array): Promise<Buffer | undefined> {
    if (!this.isOpen) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const id = this.next;
      this.next = (this.next + 1) & 0xffff;
      this.waiting.set(id, { id: (query[0]! << 8) | query[1]!, resolve });
      const framed = Buffer.alloc(query.length + 2);
      framed.writeUInt16BE(query.length, 0);
      framed.set(query, 2);
      framed.writeUInt16BE(id, 2);
      this.socket.write(framed);
    });
  }

  close(): void {
    this.socket.destroy();
  }

  private take(data: Buffer): void {
    this.received = this.received.length === 0 ? data : Buffer.concat([this.received, data]);
    for (;;) {
      if (this.received.length < 2) return;
      const length = this.received.readUInt16BE(0);
      if (this.received.length < length + 2) return;
      const answer = Buffer.from(this.received.subarray(2, length + 2));
      this.received = this.received.subarray(length + 2);
      const entry = this.waiting.get(answer.readUInt16BE(0));
      if (!entry) continue;
      this.waiting.delete(answer.readUInt16BE(0));
      answer.writeUInt16BE(entry.id, 0);
      entry.resolve(answer);
    }
  }
}
