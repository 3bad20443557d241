import { decodeMessage, encodeMessage, Name, queryFor, type Edns, type Message } from '@callbook/dns';
import type { Exchange } from '@callbook/dnssec';
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** DNS as octets, for clients that do what no well-behaved client would. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

export const suffix = Name.parse('e164.callbook.example.');

export const withDnssec: Edns = { udpSize: 1_232, version: 0, dnssecOk: true, compactOk: true, options: [] };

export function framed(message: Uint8Array): Buffer {
  const octets = Buffer.alloc(2 + message.length);
  octets.writeUInt16BE(message.length, 0);
  octets.set(message, 2);
  return octets;
}

/** A UDP client that may come from any address of this machine. */
export class UdpClient {
  private readonly socket = createSocket('udp4');
  private readonly answers: Buffer[] = [];
  private wake = () => {};
  received = 0;

  private constructor(private readonly server: Address) {
    this.socket.on('message', (octets) => {
      this.received += 1;
      this.answers.push(octets);
      this.wake();
    });
    this.socket.on('error', () => {});
  }

  static async open(server: Address, from = '127.0.0.1'): Promise<UdpClient> {
    const client = new UdpClient(server);
    client.socket.bind({ address: from, port: 0 });
    await once(client.socket, 'listening');
    return client;
  }

  send(octets: Uint8Array): void {
    this.socket.send(octets, this.server.port, this.server.host, () => {});
  }

  /** The next packet; undefined when none comes in time. */
  async next(milliseconds = 1_000): Promise<Buffer | undefined> {
    if (this.answers.length === 0)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, milliseconds);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    return this.answers.shift();
  }

  /** The packet with this id, whatever else comes first; asked again when one is lost. Errors: when the server says nothing. */
  async ask(message: Uint8Array, attempts = 5): Promise<Buffer> {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      this.send(message);
      for (let answer = await this.next(); answer; answer = await this.next())
        if (answer[0] === message[0] && answer[1] === message[1]) return answer;
    }
    throw new Error('the server does not answer over UDP');
  }

  close(): void {
    this.socket.close();
  }
}

/** A TCP client that decides by itself when it writes and when it reads. */
export class TcpClient {
  private unread: Buffer = Buffer.alloc(0);
  private readonly answers: Buffer[] = [];
  private wake = () => {};
  closed = false;

  private constructor(readonly socket: Socket) {
    socket.on('data', (octets: Buffer) => {
      this.unread = this.unread.length === 0 ? octets : Buffer.concat([this.unread, octets]);
      let start = 0;
      while (this.unread.length - start >= 2) {
        const end = start + 2 + this.unread.readUInt16BE(start);
        if (this.unread.length < end) break;
        this.answers.push(this.unread.subarray(start + 2, end));
        start = end;
      }
      this.unread = this.unread.subarray(start);
      this.wake();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.closed = true;
      this.wake();
    });
  }

  static async open(
    server: Address,
    from = '127.0.0.1',
    options: { allowHalfOpen?: boolean } = {},
  ): Promise<TcpClient> {
    const socket = connect({ ...server, localAddress: from, ...options });
    const client = new TcpClient(socket);
    await once(socket, 'connect');
    socket.setNoDelay(true);
    return client;
  }

  write(octets: Uint8Array): void {
    this.socket.write(octets);
  }

  /** The next message; undefined when the connection is closed or nothing comes in time. */
  async next(milliseconds = 10_000): Promise<Buffer | undefined> {
    const until = performance.now() + milliseconds;
    while (this.answers.length === 0 && !this.closed && performance.now() < until)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, until - performance.now());
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    return this.answers.shift();
  }

  /** Whether the server has ended the connection, at the latest after so many milliseconds. */
  async endsWithin(milliseconds: number): Promise<boolean> {
    const until = performance.now() + milliseconds;
    while (!this.closed && performance.now() < until) {
      this.answers.length = 0;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return this.closed;
  }

  close(): void {
    this.socket.destroy();
  }
}

/** Asks over TCP alone. */
export const tcpExchange =
  (server: Address): Exchange =>
  async (question) => {
    const client = await TcpClient.open(server);
    try {
      const asked = queryFor(question, randomInt(65_536), { edns: withDnssec });
      client.write(framed(encodeMessage(asked)));
      const octets = await client.next();
      if (!octets) throw new Error('no answer over TCP');
      const reply = decodeMessage(octets);
      if (reply.id !== asked.id) throw new Error('an answer to something else');
      return reply;
    } finally {
      client.close();
    }
  };

/** Every record of the zone but what comes before a question: the records of an AXFR (RFC 5936), as the server sent them. */
export async function transferred(server: Address, apex: Name): Promise<Message['answers']> {
  const client = await TcpClient.open(server);
  try {
    client.write(framed(encodeMessage(queryFor({ name: apex, type: 252, class: 1 }, randomInt(65_536)))));
    const records: Message['answers'][number][] = [];
    for (;;) {
      const octets = await client.next();
      if (!octets) throw new Error('the transfer ended early');
      records.push(...decodeMessage(octets).answers);
      if (records.length > 1 && records.at(-1)!.type === 6) return records.slice(0, -1);
      if (records.length === 0) throw new Error('the transfer was refused');
    }
  } finally {
    client.close();
  }
}
