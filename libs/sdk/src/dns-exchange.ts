import { decodeMessage, encodeMessage, queryFor, type Message, type Question } from '@callbook/dns';
import type { Exchange } from '@callbook/dnssec';
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect, isIP } from 'node:net';

export interface DnsServer {
  /** IP address. */
  readonly host: string;
  readonly port: number;
}

/** Milliseconds for one attempt over UDP, and for all of TCP. */
const patience = { udp: 1_000, tcp: 3_000 };
const attempts = 3;
/** Largest UDP answer that crosses all networks unfragmented (DNS flag day 2020). */
const udpSize = 1_232;

/** Asks one DNS server, with DO and CO set (RFC 4035 §4.9, RFC 9824); over TCP where the answer does not fit UDP. Errors: DnsTimeoutError. */
export const dnsExchange =
  (server: DnsServer): Exchange =>
  async (question) => {
    for (let attempt = 1; ; attempt += 1) {
      const query = dnssecQuery(question);
      try {
        const reply = await overUdp(server, query);
        return reply.truncated ? await overTcp(server, query) : reply;
      } catch (error) {
        if (attempt === attempts) throw error;
      }
    }
  };

export class DnsTimeoutError extends Error {
  override readonly name = 'DnsTimeoutError';
}

const dnssecQuery = (question: Question) =>
  queryFor(question, randomInt(65_536), {
    checkingDisabled: true,
    edns: { udpSize, version: 0, dnssecOk: true, compactOk: true, options: [] },
  });

/** The reply to this query, or undefined: an answer to anything else is not ours (RFC 5452 §9.1). */
function replyTo(query: Message, octets: Uint8Array): Message | undefined {
  try {
    const reply = decodeMessage(octets);
    const [asked, answered] = [query.questions[0]!, reply.questions[0]];
    const same =
      answered !== undefined &&
      answered.type === asked.type &&
      answered.class === asked.class &&
      answered.name.equals(asked.name);
    return reply.response && reply.id === query.id && same ? reply : undefined;
  } catch {
    return undefined;
  }
}

function overUdp({ host, port }: DnsServer, query: Message): Promise<Message> {
  const socket = createSocket(isIP(host) === 6 ? 'udp6' : 'udp4');
  return new Promise<Message>((resolve, reject) => {
    const timer = setTimeout(() => reject(new DnsTimeoutError('no answer over UDP')), patience.udp);
    socket.once('error', reject);
    socket.on('message', (octets) => {
      const reply = replyTo(query, octets);
      if (!reply) return;
      clearTimeout(timer);
      resolve(reply);
    });
    socket.connect(port, host, () => socket.send(encodeMessage(query)));
  }).finally(() => socket.close());
}

function overTcp({ host, port }: DnsServer, query: Message): Promise<Message> {
  const socket = connect({ host, port });
  return new Promise<Message>((resolve, reject) => {
    socket.setTimeout(patience.tcp, () => reject(new DnsTimeoutError('no answer over TCP')));
    socket.once('error', reject);
    socket.once('end', () => reject(new DnsTimeoutError('connection closed before the answer')));
    let received = Buffer.alloc(0);
    socket.on('data', (octets: Buffer) => {
      received = Buffer.concat([received, octets]);
      if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
      const reply = replyTo(query, received.subarray(2, 2 + received.readUInt16BE(0)));
      if (reply) resolve(reply);
      else reject(new DnsTimeoutError('an answer to something else'));
    });
    const octets = encodeMessage(query);
    const length = Buffer.alloc(2);
    length.writeUInt16BE(octets.length);
    socket.write(Buffer.concat([length, octets]));
  }).finally(() => socket.destroy());
}
