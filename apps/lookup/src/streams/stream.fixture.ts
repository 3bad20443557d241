import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { certificateAuthority, serverCertificate } from '@callbook/keys';
import type { Client, Responder } from '../answer/responder.js';
import type { CertificateAndKey } from './tls-identity.js';

/** What the answer to a query is filled up to, by the first label of its name. */
const sizes: Readonly<Record<string, number>> = { large: 60_000 };

/** A query of one question in IN, without EDNS. */
export function query(id: number, name: string, type = 1): Buffer {
  const labels = name
    .split('.')
    .filter(Boolean)
    .map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
  const header = Buffer.from([id >> 8, id & 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  return Buffer.concat([header, ...labels, Buffer.from([0, type >> 8, type & 0xff, 0, 1])]);
}

export const framed = (message: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from([message.length >> 8, message.length & 0xff]), message]);

export interface RecordedResponder extends Responder {
  answered: number;
  /** The last client, copied. */
  client: Pick<Client, 'carrier'> & { readonly address: string };
  /** Milliseconds that each answer takes. */
  takes: number;
}

/** Repeats the query with QR set, filled up to the size that its name asks for; says nothing to answers. */
export function repeatingResponder(): RecordedResponder {
  const responder: RecordedResponder = {
    answered: 0,
    client: { carrier: 'udp', address: '' },
    takes: 0,
    respond(octets, start, end, out, outStart, client) {
      if (end - start < 12 || (octets[start + 2]! & 0x80) !== 0) return 0;
      responder.answered += 1;
      const address = client.address.subarray(client.addressStart, client.addressStart + client.addressLength);
      responder.client = { carrier: client.carrier, address: Buffer.from(address).toString('hex') };
      for (const until = performance.now() + responder.takes; performance.now() < until;);
      out.set(octets.subarray(start, end), outStart);
      out[outStart + 2]! |= 0x80;
      const label = Buffer.from(octets.subarray(start + 13, start + 13 + (octets[start + 12] ?? 0))).toString('latin1');
      const length = Math.max(end - start, sizes[label] ?? 0);
      out.fill(0x5a, outStart + end - start, outStart + length);
      return length;
    },
  };
  return responder;
}

/** The other end of a stream: what it was answered, in order. */
export class StreamClient {
  readonly messages: Buffer[] = [];
  /** The server said that it will say no more. */
  ended = false;
  closed = false;
  private octets: Buffer[] = [];
  private length = 0;
  private waiting: (() => void)[] = [];

  /** @param raw what lies under TLS */
  constructor(
    readonly socket: Socket,
    private readonly raw: Socket = socket,
  ) {
    socket.on('data', (chunk: Buffer) => {
      this.octets.push(chunk);
      this.length += chunk.length;
      this.read();
    });
    socket.on('end', () => this.happened(() => (this.ended = true)));
    socket.on('close', () => this.happened(() => (this.closed = true)));
    socket.on('error', () => undefined);
  }

  send(...octets: Uint8Array[]): void {
    this.socket.write(Buffer.concat(octets));
  }

  /** Waits for a condition that answers, an end or a close can bring about. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.closed) throw new Error(`closed after ${this.messages.length} messages`);
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  async answers(count: number): Promise<Buffer[]> {
    await this.until(() => this.messages.length >= count);
    return this.messages;
  }

  /** Until the server has closed it, in good order or not: half a connection of ours may be left. */
  async untilClosed(): Promise<void> {
    while (!this.closed && !this.ended) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  reset(): void {
    this.raw.resetAndDestroy();
  }

  private read(): void {
    // Joined only when there is a whole message: answers come in megabytes here.
    while (this.length >= 2) {
      if (this.octets[0]!.length < 2) this.octets = [Buffer.concat(this.octets)];
      const needed = 2 + this.octets[0]!.readUInt16BE(0);
      if (this.length < needed) break;
      if (this.octets[0]!.length < needed) this.octets = [Buffer.concat(this.octets)];
      const first = this.octets[0]!;
      this.messages.push(first.subarray(2, needed));
      this.octets[0] = first.subarray(needed);
      if (this.octets[0].length === 0) this.octets.shift();
      this.length -= needed;
    }
    this.happened(() => undefined);
  }

  private happened(what: () => void): void {
    what();
    const { waiting } = this;
    this.waiting = [];
    for (const resume of waiting) resume();
  }
}

export async function openTcp(port: number): Promise<StreamClient> {
  const socket = connectTcp({ port, host: '127.0.0.1', allowHalfOpen: true });
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  return new StreamClient(socket);
}

export interface TlsOptions {
  readonly ca: string;
  readonly protocols?: readonly string[];
  readonly maxVersion?: 'TLSv1.2' | 'TLSv1.3';
}

export async function openTls(port: number, { ca, protocols, maxVersion }: TlsOptions): Promise<StreamClient> {
  const raw = connectTcp({ port, host: '127.0.0.1', allowHalfOpen: true });
  const socket = connectTls({
    socket: raw,
    ca,
    servername: 'lookup.callbook.example',
    ...(protocols ? { ALPNProtocols: [...protocols] } : {}),
    ...(maxVersion ? { maxVersion } : {}),
  });
  await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
  return new StreamClient(socket, raw);
}

/** A certificate for `lookup.callbook.example` and 127.0.0.1, and the authority to trust. */
export function testCertificate(): CertificateAndKey & { readonly ca: string } {
  const notBefore = new Date(Date.now() - 86_400_000);
  const authority = certificateAuthority({ commonName: 'Test authority', notBefore, days: 30 });
  const server = serverCertificate(authority, {
    names: ['lookup.callbook.example'],
    addresses: ['127.0.0.1'],
    notBefore,
    days: 30,
  });
  return { cert: server.certificate, key: server.privateKey, ca: authority.certificate };
}
