import { decodeMessage, RRType } from '@callbook/dns';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import type { Address } from '../../judges.js';

/** What is done to one message of a transfer: another in its place, several, none, or an end to the connection. */
export type Harm = (message: Uint8Array, index: number) => readonly Uint8Array[] | 'end';

/** As much of the answer to a transfer as its octets, their lengths among them, that come through. */
export interface Cut {
  readonly after: number;
}

/**
 * Stands between a secondary and its primary, over UDP and TCP on one port, and harms answers to AXFR and IXFR as it is told. Everything
 * else goes through as it is.
 */
export class StreamMiddleman {
  /** Transfers that were harmed since `harm` was set. */
  harmed = 0;
  private harming: Harm | Cut | undefined;
  private readonly sockets = new Set<Socket>();

  private constructor(
    readonly address: Address,
    private readonly primary: Address,
    private readonly closings: readonly (() => void)[],
  ) {}

  static async start(primary: Address): Promise<StreamMiddleman> {
    const server = createServer((socket) => middleman.pass(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const packets = createSocket('udp4');
    packets.on('message', (question, from) => {
      const back = createSocket('udp4');
      back.on('error', () => {});
      back.once('message', (octets) => {
        packets.send(octets, from.port, from.address);
        back.close();
      });
      back.send(question, primary.port, primary.host);
    });
    packets.bind(port, '127.0.0.1');
    await once(packets, 'listening');
    const middleman = new StreamMiddleman({ host: '127.0.0.1', port }, primary, [
      () => server.close(),
      () => packets.close(),
    ]);
    return middleman;
  }

  harm(harming: Harm | Cut | undefined): void {
    this.harming = harming;
    this.harmed = 0;
  }

  stop(): void {
    for (const close of this.closings) close();
    for (const socket of this.sockets) socket.destroy();
  }

  private pass(front: Socket): void {
    const back = connect(this.primary);
    for (const [socket, other] of [
      [front, back],
      [back, front],
    ] as const) {
      this.sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => {
        this.sockets.delete(socket);
        other.destroySoon();
      });
    }
    let isTransfer = false;
    let passed = 0;
    let index = 0;
    const queries = new Frames((message) => {
      const type = decodeMessage(Uint8Array.from(message)).questions[0]?.type;
      isTransfer = type === RRType.AXFR || type === RRType.IXFR;
      [passed, index] = [0, 0];
      back.write(framed(message));
    });
    front.on('data', (chunk) => queries.take(chunk));
    front.once('end', () => back.end());
    const answers = new Frames((message) => {
      const { harming } = this;
      if (!isTransfer || !harming) return front.write(framed(message));
      if (index === 0) this.harmed += 1;
      if ('after' in harming) {
        const octets = framed(message).subarray(0, Math.max(0, harming.after - passed));
        passed += 2 + message.length;
        index += 1;
        front.write(octets);
        if (passed > harming.after) front.destroySoon();
        return;
      }
      const harmed = harming(message, index);
      index += 1;
      if (harmed === 'end') return front.destroySoon();
      for (const each of harmed) front.write(framed(each));
    });
    back.on('data', (chunk) => {
      if (!front.destroyed && front.writable) answers.take(chunk);
    });
  }
}

/** Messages of a stream, each without its length. */
class Frames {
  private waiting: Buffer = Buffer.alloc(0);

  constructor(private readonly each: (message: Uint8Array) => void) {}

  take(chunk: Buffer): void {
    this.waiting = Buffer.concat([this.waiting, chunk]);
    while (this.waiting.length >= 2 && this.waiting.length >= 2 + this.waiting.readUInt16BE(0)) {
      const end = 2 + this.waiting.readUInt16BE(0);
      const message = this.waiting.subarray(2, end);
      this.waiting = this.waiting.subarray(end);
      this.each(message);
    }
  }
}

function framed(message: Uint8Array): Buffer {
  const octets = Buffer.alloc(2 + message.length);
  octets.writeUInt16BE(message.length, 0);
  octets.set(message, 2);
  return octets;
}
