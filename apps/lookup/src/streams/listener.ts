import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { Carrier, Client } from '../answer/responder.js';
import type { Transport } from '../transport.js';
import { clientAt } from './client.js';
import { Connections, type Connection, type StreamLimits } from './connections.js';

export interface ListenAddress {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
}

export interface StreamTransport extends Transport {
  /** Where it listens, once it was started. */
  readonly port: number;
}

/** Takes connections up to their limits, and hands each on. What fails on a connection ends it, and is told to nobody. */
export function streamListener(
  address: ListenAddress,
  carrier: Carrier,
  limits: StreamLimits,
  accept: (socket: Socket, connection: Connection, client: Client) => void,
): StreamTransport {
  const connections = new Connections(limits, () => performance.now());
  // Half open: whoever has said all that they ask still gets the answers.
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    const client = clientAt(socket.remoteAddress ?? '', carrier);
    const connection = connections.admit(client.address, () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.once('close', () => connection.remove());
    accept(socket, connection, client);
  });
  return {
    get port() {
      return (server.address() as AddressInfo).port;
    },
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
        connections.closeAll();
      }),
  };
}
