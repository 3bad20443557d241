import { decodeMessage, RRType } from '@callbook/dns';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import type { Address } from '../../judges.js';
import { framed, type Harm } from './harms.js';

/**
 * Stands between a secondary and its primary, over UDP and TCP on one port, and harms answers to AXFR and IXFR as it is told. Everything
 * else goes through as it is.
 */
export class StreamMiddleman {
  /** Transfers that were harmed since `harm` was set. */
  harmed = 0;
  private harming: Harm | undefined;
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

  harm(harming: Harm | undefined): void {
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
    let harmed: ReturnType<Harm> | undefined;
    const queries = new Frames((message) => {
      const type = decodeMessage(Uint8Array.from(message)).questions[0]?.type;
      harmed = type === RRType.AXFR || type === RRType.IXFR ? this.harming?.() : undefined;
      if (harmed) this.harmed += 1;
      back.write(framed(message));
    });
    front.on('data', (chunk) => queries.take(chunk));
    front.once('end', () => back.end());
    const answers = new Frames((message) => {
      const { octets, end = false } = harmed?.(Uint8Array.from(message)) ?? { octets: framed(message) };
      front.write(octets);
      if (end) front.destroySoon();
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
