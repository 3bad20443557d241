import type { Client, Responder } from '../answer/responder.js';
import { headerOctets, queryRoom, type PacketFates, type Packets } from './packets.js';
import {
  errno,
  header,
  messageFlag,
  pollIn,
  socketName,
  SystemCallError,
  vector,
  type SystemCalls,
} from './system-calls.js';

/** A bound UDP socket, made with a receive timeout. */
export interface BoundSocket {
  readonly fd: number;
  readonly family: 4 | 6;
}

export interface BatchedPacketsDeps {
  readonly calls: SystemCalls;
  readonly sockets: readonly BoundSocket[];
  readonly responder: Responder;
  readonly udpLimit: number;
  readonly fates: PacketFates;
  readonly pollTimeoutMs: number;
  /** Told what ended it, when it was not `stop`. */
  readonly failed: (error: unknown) => void;
}

/** Packets for one call into the kernel. */
const batchSize = 64;
/** Batches after which the thread's event loop has its turn: messages from outside, and what the runtime has to do. */
const turnOfBatches = 64;

/**
 * Moves packets in batches (recvmmsg(2), sendmmsg(2)): the cost of a packet is then that of the kernel's network stack and of finding the
 * answer. The thread sleeps in the kernel; nothing is allocated for a packet, all memory is laid out here.
 */
export function batchedPackets(deps: BatchedPacketsDeps): Packets {
  const { sockets, failed } = deps;
  const batch = new Batch(deps);
  const round = sockets.length === 1 ? roundOfOne(batch, sockets[0]!) : roundOfMany(batch, deps);
  let stopped = false;
  let ended: () => void = () => undefined;
  const end = new Promise<void>((resolve) => (ended = resolve));

  function turn(): void {
    try {
      for (let n = 0; n < turnOfBatches && !stopped; n += 1) if (!round()) break;
    } catch (error) {
      stopped = true;
      failed(error);
    }
    if (stopped) ended();
    else setImmediate(turn);
  }
  setImmediate(turn);

  return {
    stop: () => {
      stopped = true;
      return end;
    },
  };
}

/** Answers what one call brings; false when nothing came for as long as the socket waits. */
type Round = () => boolean;

const roundOfOne =
  (batch: Batch, socket: BoundSocket): Round =>
  () =>
    batch.answer(socket, messageFlag.waitForOne);

/** With several sockets the thread sleeps in poll(2) and then takes from each what is there. */
function roundOfMany(batch: Batch, { calls, sockets, pollTimeoutMs }: BatchedPacketsDeps): Round {
  // struct pollfd: the descriptor, then what is awaited and what came, two octets each.
  const descriptors = new Int32Array(sockets.length * 2);
  sockets.forEach(({ fd }, n) => descriptors.set([fd, pollIn], n * 2));
  return () => {
    const ready = calls.poll(descriptors, sockets.length, pollTimeoutMs);
    if (ready <= 0) return false;
    for (let n = 0; n < sockets.length; n += 1) {
      if (descriptors[n * 2 + 1]! >>> 16 === 0) continue;
      batch.answer(sockets[n]!, messageFlag.dontWait);
    }
    return true;
  };
}

const wordsOfHeader = header.size / 4;
const wordsOfVector = vector.size / 4;
const word = {
  name: header.name / 4,
  nameLength: header.nameLength / 4,
  vectors: header.vectors / 4,
  vectorCount: header.vectorCount / 4,
  flags: header.flags / 4,
  length: header.length / 4,
} as const;

/** Slots of queries and answers do not lie at equal places of a page: they would drive each other out of the processor's cache. */
const slotRoom = (octets: number) => Math.ceil(octets / 64) * 64 + 64;

/** What says that the descriptor or the memory is not what we think: waiting does not heal it. All else is of the network, and passes. */
const isFatal = (reason: number) =>
  reason === errno.EBADF || reason === errno.EFAULT || reason === errno.EINVAL || reason === errno.ENOTSOCK;

class Batch {
  private readonly calls: SystemCalls;
  private readonly responder: Responder;
  private readonly fates: PacketFates;

  private readonly queries = new Uint8Array(batchSize * slotRoom(queryRoom));
  private readonly answers: Uint8Array;
  private readonly answerRoom: number;
  private readonly names = new Uint8Array(batchSize * socketName.room);

  private readonly received = new Uint8Array(batchSize * header.size);
  private readonly receivedWords = new Int32Array(this.received.buffer);
  private readonly sent = new Uint8Array(batchSize * header.size);
  private readonly sentWords = new Int32Array(this.sent.buffer);
  private readonly queryVectors = new Uint8Array(batchSize * vector.size);
  private readonly answerVectors = new Uint8Array(batchSize * vector.size);
  private readonly answerVectorWords = new Int32Array(this.answerVectors.buffer);

  /** Whose name each header of `sent` points to: the query's own slot, until a query was not answered. */
  private readonly slotOfSent = new Int32Array(batchSize);
  private readonly nameWords = new Int32Array(batchSize * 2);

  private readonly client: Client = { carrier: 'udp', address: this.names, addressStart: 0, addressLength: 4 };

  constructor({ calls, responder, udpLimit, fates }: BatchedPacketsDeps) {
    this.calls = calls;
    this.responder = responder;
    this.fates = fates;
    this.answerRoom = slotRoom(udpLimit);
    this.answers = new Uint8Array(batchSize * this.answerRoom);
    this.layOut();
  }

  private layOut(): void {
    const pointers = new BigUint64Array(this.nameWords.buffer);
    const at = (memory: Uint8Array) => {
      const base = this.calls.addressOf(memory);
      return (offset: number) => base + BigInt(offset);
    };
    const [query, answer, name] = [at(this.queries), at(this.answers), at(this.names)];
    const [queryVector, answerVector] = [at(this.queryVectors), at(this.answerVectors)];
    for (let slot = 0; slot < batchSize; slot += 1) {
      pointers[slot] = name(slot * socketName.room);
      this.slotOfSent[slot] = slot;
      for (const [headers, vectors] of [
        [this.received, queryVector],
        [this.sent, answerVector],
      ] as const) {
        const view = new DataView(headers.buffer, slot * header.size, header.size);
        view.setBigUint64(header.name, pointers[slot]!, true);
        view.setUint32(header.nameLength, socketName.room, true);
        view.setBigUint64(header.vectors, vectors(slot * vector.size), true);
        view.setUint32(header.vectorCount, 1, true);
      }
      const queryView = new DataView(this.queryVectors.buffer, slot * vector.size, vector.size);
      queryView.setBigUint64(vector.base, query(slot * slotRoom(queryRoom)), true);
      queryView.setUint32(vector.length, queryRoom, true);
      const answerView = new DataView(this.answerVectors.buffer, slot * vector.size, vector.size);
      answerView.setBigUint64(vector.base, answer(slot * this.answerRoom), true);
    }
  }

  /** Takes a batch from the socket and sends the answers; false when there was none. Errors: SystemCallError for what waiting does not heal. */
  answer({ fd, family }: BoundSocket, flags: number): boolean {
    const count = this.calls.receive(fd, this.received, batchSize, flags);
    if (count <= 0) return count === 0 || this.receiveAgain();
    const answered = this.respond(count, family);
    if (answered > 0) this.send(fd, answered);
    return true;
  }

  private respond(count: number, family: 4 | 6): number {
    const { receivedWords, sentWords, answerVectorWords, slotOfSent, client, answerRoom } = this;
    const layout = family === 4 ? socketName.ipv4 : socketName.ipv6;
    client.addressLength = family === 4 ? 4 : 16;
    let answered = 0;
    for (let slot = 0; slot < count; slot += 1) {
      const at = slot * wordsOfHeader;
      const truncated = (receivedWords[at + word.flags]! & messageFlag.truncated) !== 0;
      const start = slot * slotRoom(queryRoom);
      const end = start + (truncated ? headerOctets : receivedWords[at + word.length]!);
      client.addressStart = slot * socketName.room + layout.address;
      receivedWords[at + word.nameLength] = socketName.room;
      const octets = this.responder.respond(this.queries, start, end, this.answers, answered * answerRoom, client);
      if (octets === 0) continue;
      if (slotOfSent[answered] !== slot) this.pointToName(answered, slot);
      sentWords[answered * wordsOfHeader + word.nameLength] = layout.size;
      answerVectorWords[answered * wordsOfVector + vector.length / 4] = octets;
      answered += 1;
    }
    return answered;
  }

  private pointToName(answered: number, slot: number): void {
    this.slotOfSent[answered] = slot;
    const at = answered * wordsOfHeader + word.name;
    this.sentWords[at] = this.nameWords[slot * 2]!;
    this.sentWords[at + 1] = this.nameWords[slot * 2 + 1]!;
  }

  /** The kernel stops at the first that it does not take, and says why when asked to begin with that one. It concerns its receiver alone. */
  private send(fd: number, count: number): void {
    let first = 0;
    while (first < count) {
      const taken = this.calls.send(fd, this.sent, first, count - first);
      if (taken > 0) {
        first += taken;
        continue;
      }
      const reason = this.calls.errno();
      if (reason === errno.EINTR) continue;
      if (reason === errno.EBADF) throw new SystemCallError('sendmmsg', `error ${reason}`);
      // The socket's buffer stayed full for as long as it waits: the rest would wait just as long, while queries come in.
      const lost = reason === errno.EAGAIN || reason === errno.ENOBUFS ? count - first : 1;
      this.fates.unsent(lost);
      first += lost;
    }
  }

  /** False: nothing came in time. True: at once again. */
  private receiveAgain(): boolean {
    const reason = this.calls.errno();
    if (isFatal(reason)) throw new SystemCallError('recvmmsg', `error ${reason}`);
    return reason === errno.EINTR;
  }
}
