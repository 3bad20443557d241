import { createSocket } from 'node:dgram';
import { isIP } from 'node:net';
import type { Pipeline } from './pipeline.js';
import type { Transport } from './transport.js';

/** Octets that the system keeps for us between two turns of the event loop. */
const socketBuffer = 4 * 1024 * 1024;

/** DNS over UDP (RFC 1035 §4.2.1) on Node's own sockets. */
export function udpTransport(address: { host: string; port: number }, pipeline: Pipeline): Transport {
  const socket = createSocket({
    type: isIP(address.host) === 6 ? 'udp6' : 'udp4',
    recvBufferSize: socketBuffer,
    sendBufferSize: socketBuffer,
  });
  socket.on('message', (packet, sender) => {
    // A send that fails concerns its receiver alone; the callback keeps it from being thrown.
    for (const reply of pipeline(packet, { transport: 'udp', address: sender.address }))
      socket.send(reply, sender.port, sender.address, () => {});
  });
  return {
    start: () =>
      new Promise((resolve, reject) => {
        socket.once('error', reject);
        socket.bind(address.port, address.host, () => {
          socket.off('error', reject);
          socket.on('error', () => {});
          resolve();
        });
      }),
    stop: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}
