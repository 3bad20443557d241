import { decodeMessage, DnsError, encodeMessage, Rcode, type Message } from '@callbook/dns';
import { answer, transferAsked, type AnswerDeps } from './answer.js';
import { transferMessages } from './transfer.js';

/** What a packet came by. The address decides on transfers, and is not kept. */
export interface Origin {
  readonly transport: 'udp' | 'tcp';
  readonly address: string;
}

export interface PipelineDeps extends AnswerDeps {
  readonly udpLimit: number;
  readonly transferAllow: ReadonlySet<string>;
  /** Counts answers by transport and response code: closed sets, so that nothing of a question is in a metric. */
  readonly count: (transport: Origin['transport'], rcode: number) => void;
}

/** From the octets of a packet to those of the messages that answer it: none, one, or for a transfer many. No logger here, on purpose. */
export type Pipeline = (packet: Uint8Array, origin: Origin) => Iterable<Uint8Array>;

export const createPipeline = (deps: PipelineDeps): Pipeline =>
  function* (packet, origin) {
    if (isSilent(packet)) return;
    try {
      yield* answersTo(packet, origin, deps);
    } catch {
      // A fault of ours is SERVFAIL for the one who met it, and nothing for the others.
      deps.count(origin.transport, Rcode.SERVFAIL);
      yield bareReply(packet, Rcode.SERVFAIL);
    }
  };

function* answersTo(packet: Uint8Array, origin: Origin, deps: PipelineDeps): Iterable<Uint8Array> {
  const query = read(packet);
  if (!query) {
    deps.count(origin.transport, Rcode.FORMERR);
    return yield bareReply(packet, Rcode.FORMERR);
  }
  const apex = origin.transport === 'tcp' ? transferAsked(query) : undefined;
  if (apex)
    return yield* transferMessages(query, apex, deps.zone(), deps.transferAllow.has(plainAddress(origin.address)));

  const reply = answer(query, deps);
  if (!reply) return;
  const octets = fit(reply, query, origin, deps.udpLimit);
  deps.count(origin.transport, reply.rcode);
  yield octets;
}

const headerOctets = 12;
const responseBit = 0x80;

/** Too short to have an id, or itself a response: an answer to answers would loop. */
const isSilent = (packet: Uint8Array) => packet.length < headerOctets || (packet[2]! & responseBit) !== 0;

/** Undefined when it is malformed. */
function read(packet: Uint8Array): Message | undefined {
  try {
    return decodeMessage(packet);
  } catch (error) {
    if (!(error instanceof DnsError)) throw error;
    return undefined;
  }
}

/** A header and nothing else: id, opcode and RD of the query, QR, the response code (RFC 1035 §4.1.1). */
function bareReply(packet: Uint8Array, rcode: number): Uint8Array {
  const header = new Uint8Array(headerOctets);
  header.set(packet.subarray(0, 2));
  header[2] = responseBit | (packet[2]! & 0x79);
  header[3] = rcode;
  return header;
}

const withoutEdns = 512;

function fit(reply: Message, query: Message, origin: Origin, udpLimit: number): Uint8Array {
  if (origin.transport === 'tcp') return encodeMessage(reply, 65_535);
  return encodeMessage(reply, Math.min(udpLimit, Math.max(withoutEdns, query.edns?.udpSize ?? withoutEdns)));
}

/** An IPv4 client of a socket that serves both families is `::ffff:192.0.2.1`. */
const plainAddress = (address: string) => address.replace(/^::ffff:/i, '');
