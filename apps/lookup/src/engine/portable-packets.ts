import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIP } from 'node:net';
import type { Client, Responder } from '../answer/responder.js';
import { headerOctets, queryRoom, type PacketFates, type Packets } from './packets.js';
import { addressInto } from './socket-names.js';
import type { SocketAddress } from './system-calls.js';

/** Octets that the system keeps for us between two turns of the event loop. */
const socketBuffer = 4 * 1024 * 1024;

export interface PortablePacketsDeps {
  readonly addresses: readonly SocketAddress[];
  readonly responder: Responder;
  readonly udpLimit: number;
  readonly fates: PacketFates;
}

/** DNS over UDP (RFC 1035 §4.2.1) on Node's own sockets, wherever Node runs. Errors: that of the system, such as EADDRINUSE. */
export async function portablePackets(deps: PortablePacketsDeps): Promise<Packets> {
  const { addresses, responder, udpLimit, fates } = deps;
  const address = new Uint8Array(16);
  const client: Client = { carrier: 'udp', address, addressStart: 0, addressLength: 4 };
  const answer = new Uint8Array(udpLimit);

  const reply = (socket: Socket, packet: Uint8Array, sender: RemoteInfo) => {
    client.addressLength = addressInto(sender.address, address, 0);
    const end = packet.length > queryRoom ? headerOctets : packet.length;
    const octets = responder.respond(packet, 0, end, answer, 0, client);
    // A copy, since the socket may keep it for later. A send that fails concerns its receiver alone.
    if (octets > 0)
      socket.send(answer.slice(0, octets), sender.port, sender.address, (error) => void (error && fates.unsent(1)));
  };

  const sockets: Socket[] = [];
  const stop = async () => {
    await Promise.all(sockets.map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))));
  };
  try {
    for (const { host, port } of addresses) {
      const socket = createSocket({
        ...(isIP(host) === 6 ? { type: 'udp6', ipv6Only: true } : { type: 'udp4' }),
        recvBufferSize: socketBuffer,
        sendBufferSize: socketBuffer,
      });
      sockets.push(socket);
      socket.on('message', (packet, sender) => reply(socket, packet, sender));
      await new Promise<void>((resolve, reject) => {
        socket.once('error', reject);
        socket.bind({ port, address: host, exclusive: true }, () => {
          socket.off('error', reject);
          socket.on('error', () => fates.unsent(1));
          resolve();
        });
      });
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { stop };
}
