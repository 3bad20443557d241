import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { connect as connectHttp2, constants, type ClientHttp2Session } from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Address } from '../../judges.js';
import { StreamClient } from '../../peers/index.js';

/** Sends packets as they are, but for their ids, and gives what came back for each: undefined for silence. */
export interface Sender {
  send(packets: readonly Buffer[]): Promise<(Buffer | undefined)[]>;
  close(): void;
}

const numbered = (packet: Buffer, id: number): Buffer => {
  const copy = Buffer.from(packet);
  if (copy.length >= 2) copy.writeUInt16BE(id, 0);
  return copy;
};
const originalId = (reply: Buffer, packet: Buffer): Buffer => {
  const copy = Buffer.from(reply);
  if (packet.length >= 2) packet.copy(copy, 0, 0, 2);
  return copy;
};

/**
 * Silence is known by the answer to a last, well-formed query: one client's packets are answered in order. What is silent is asked again
 * by itself, since a packet may be lost where a buffer is full.
 * @param last well-formed
 */
export async function udpSender(server: Address, last: Buffer): Promise<Sender> {
  const socket: Socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  socket.connect(server.port, server.host);
  await once(socket, 'connect');
  socket.on('error', () => undefined);
  let next = 0;
  let replies = new Map<number, Buffer>();
  let woken: () => void = () => undefined;
  socket.on('message', (reply) => {
    if (reply.length < 2) return;
    replies.set(reply.readUInt16BE(0), reply);
    woken();
  });

  async function round(packets: readonly Buffer[]): Promise<(Buffer | undefined)[]> {
    replies = new Map();
    const ids = packets.map(() => (next = (next + 1) & 0xffff));
    for (const [index, packet] of packets.entries()) socket.send(numbered(packet, ids[index]!));
    for (let tries = 0; tries < 20; tries += 1) {
      const sentinel = (next = (next + 1) & 0xffff);
      socket.send(numbered(last, sentinel));
      const heard = new Promise<true>((resolve) => {
        woken = () => {
          if (replies.has(sentinel)) resolve(true);
        };
        woken();
      });
      if (await Promise.race([heard, sleep(1_000, false, { ref: false })]))
        return packets.map((packet, index) => {
          const reply = packet.length < 2 ? undefined : replies.get(ids[index]!);
          return reply && originalId(reply, packet);
        });
    }
    throw new Error('the server does not answer any more');
  }

  return {
    async send(packets) {
      const answers: (Buffer | undefined)[] = [];
      for (let at = 0; at < packets.length; at += 64) answers.push(...(await round(packets.slice(at, at + 64))));
      return answers;
    },
    close: () => socket.close(),
  };
}

/** One connection after the other, with many packets in each. */
export function tcpSender(server: Address, last: Buffer): Sender {
  let client: StreamClient | undefined;
  async function round(packets: readonly Buffer[]): Promise<(Buffer | undefined)[]> {
    if (!client?.isOpen) client = await StreamClient.open(server);
    const sent = packets.map((packet) => (packet.length < 2 ? undefined : client!.ask(packet)));
    await client.ask(last);
    // Answers of one connection may come in any order, but all of these are made without waiting for anything.
    const waited = sleep(50, undefined, { ref: false });
    return Promise.all(sent.map((answer) => Promise.race([answer, waited])));
  }
  return {
    async send(packets) {
      const answers: (Buffer | undefined)[] = [];
      for (let at = 0; at < packets.length; at += 100) answers.push(...(await round(packets.slice(at, at + 100))));
      return answers;
    },
    close: () => client?.close(),
  };
}

/** RFC 8484, POST over HTTP/2. An error of HTTP is silence. */
export function httpsSender({ port, ca, path = '/dns-query' }: { port: number; ca: string; path?: string }): Sender {
  let session: ClientHttp2Session | undefined;
  const opened = () => {
    if (!session || session.closed || session.destroyed) {
      session = connectHttp2(`https://localhost:${port}`, { ca });
      session.on('error', () => undefined);
    }
    return session;
  };
  const post = (packet: Buffer) =>
    new Promise<Buffer | undefined>((resolve) => {
      const request = opened().request({
        [constants.HTTP2_HEADER_METHOD]: 'POST',
        [constants.HTTP2_HEADER_PATH]: path,
        [constants.HTTP2_HEADER_CONTENT_TYPE]: 'application/dns-message',
        [constants.HTTP2_HEADER_ACCEPT]: 'application/dns-message',
      });
      let status = 0;
      const parts: Buffer[] = [];
      request.on('response', (headers) => (status = Number(headers[constants.HTTP2_HEADER_STATUS])));
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('error', () => resolve(undefined));
      request.on('close', () => resolve(status === 200 ? Buffer.concat(parts) : undefined));
      request.end(packet);
    });
  return {
    async send(packets) {
      const answers: (Buffer | undefined)[] = new Array<Buffer | undefined>(packets.length);
      let at = 0;
      const lane = async () => {
        while (at < packets.length) {
          const index = at++;
          answers[index] = await post(packets[index]!);
        }
      };
      await Promise.all(Array.from({ length: 20 }, lane));
      return answers;
    },
    close: () => session?.destroy(),
  };
}
