import { createServer, type Socket } from 'node:net';
import type { Pipeline } from './pipeline.js';
import type { Transport } from './transport.js';

export interface TcpLimits {
  /** Connections at once; the one that was idle longest makes room for a new one. */
  readonly connections: number;
  /** Milliseconds without a whole query, or without a client that reads, after which a connection is closed (RFC 7766 §6.2.3). */
  readonly idle: number;
}

/** DNS over TCP, RFC 1035 §4.2.2 and RFC 7766: many queries on one connection, their answers in turn. */
export function tcpTransport(
  address: { host: string; port: number },
  pipeline: Pipeline,
  limits: TcpLimits,
): Transport {
  /** In the order of their last query. */
  const connections = new Set<Socket>();
  // Whoever has said all that they ask still gets the answers.
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    makeRoom();
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
    void converse(socket);
  });

  function makeRoom(): void {
    for (const oldest of connections) {
      if (connections.size < limits.connections) return;
      connections.delete(oldest);
      oldest.destroy();
    }
  }

  async function converse(socket: Socket): Promise<void> {
    const end = () => socket.destroy();
    const deadline = setTimeout(end, limits.idle);
    socket.once('close', () => clearTimeout(deadline));
    socket.on('error', end);
    socket.setNoDelay(true);
    const turn = new Turn();
    try {
      for await (const packet of packets(socket)) {
        deadline.refresh();
        connections.delete(socket);
        connections.add(socket);
        for (const reply of pipeline(packet, { transport: 'tcp', address: socket.remoteAddress ?? '' })) {
          if (!socket.write(framed(reply))) await drained(socket);
          deadline.refresh();
        }
        await turn.taken();
      }
      socket.end();
    } catch {
      end();
    }
  }

  return {
    start: () =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(address.port, address.host, () => {
          server.off('error', reject);
          server.on('error', () => {});
          resolve();
        });
      }),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of connections) socket.destroy();
      }),
  };
}

/** Milliseconds for which one connection is answered while all others, and UDP, wait. */
const turnLength = 2;

/** Lets the others have theirs when a connection has had its turn: queries that lie ready would otherwise be answered in one go. */
class Turn {
  private began = 0;

  async taken(): Promise<void> {
    const now = performance.now();
    if (now - this.began < turnLength) return;
    await new Promise((resolve) => setImmediate(resolve));
    this.began = performance.now();
  }
}

/** The messages of a stream, each behind its length in two octets, however the stream is cut into segments. */
async function* packets(socket: Socket): AsyncGenerator<Uint8Array> {
  let waiting: Buffer = Buffer.alloc(0);
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    waiting = waiting.length === 0 ? chunk : Buffer.concat([waiting, chunk]);
    while (waiting.length >= 2 && waiting.length >= 2 + waiting.readUInt16BE(0)) {
      const end = 2 + waiting.readUInt16BE(0);
      yield waiting.subarray(2, end);
      waiting = waiting.subarray(end);
    }
  }
}

function framed(message: Uint8Array): Uint8Array {
  const octets = Buffer.allocUnsafe(2 + message.length);
  octets.writeUInt16BE(message.length, 0);
  octets.set(message, 2);
  return octets;
}

const drained = (socket: Socket) =>
  new Promise<void>((resolve, reject) => {
    const closed = () => reject(new Error('closed'));
    socket.once('drain', () => {
      socket.off('close', closed);
      resolve();
    });
    socket.once('close', closed);
  });
