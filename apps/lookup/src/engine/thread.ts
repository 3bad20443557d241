import { parentPort, workerData } from 'node:worker_threads';
import type { Responder } from '../answer/responder.js';
import { batchedPackets, type BoundSocket } from './batched-packets.js';
import { Counters } from './counters.js';
import type { PacketFates, Packets } from './packets.js';
import { portablePackets } from './portable-packets.js';
import { loadSystemCalls } from './load-system-calls.js';
import type { SocketAddress } from './system-calls.js';

/** What the engine gives a thread; `setup` and messages are for the answering alone. */
export interface ThreadData<Setup> {
  readonly sockets:
    | { readonly by: 'batched'; readonly bound: readonly BoundSocket[] }
    | { readonly by: 'portable'; readonly addresses: readonly SocketAddress[] };
  readonly udpLimit: number;
  readonly counters: SharedArrayBuffer;
  readonly setup: Setup;
}

export type ToThread<Message> = { readonly tell: Message; readonly number: number } | 'stop';
export type FromThread =
  | { readonly ready: true }
  | { readonly heard: number }
  | { readonly failed: { code: string | undefined; message: string } };

/** How one thread answers. */
export interface Answering<Message> {
  readonly responder: Responder;
  told(message: Message): void;
}

/** Longest that a thread sleeps in the kernel while nothing comes, and therefore does not see messages. */
export const receiveTimeoutMs = 20;

/** The whole life of a thread of the engine; called once by its entry point. */
export async function runThread<Setup, Message>(
  answering: (setup: Setup, counters: Counters) => Answering<Message>,
): Promise<void> {
  const port = parentPort!;
  const data = workerData as ThreadData<Setup>;
  const counters = new Counters(data.counters);
  const { responder, told } = answering(data.setup, counters);
  const say = (message: FromThread) => port.postMessage(message);
  let packets: Packets;
  try {
    packets = await packetsOf(data, responder, { unsent: (count) => counters.met('unsent', count) });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    say({ failed: { code, message } });
    return port.close();
  }
  port.on('message', (message: ToThread<Message>) => {
    if (message !== 'stop') {
      told(message.tell);
      return say({ heard: message.number });
    }
    void packets.stop().then(() => port.close());
  });
  say({ ready: true });
}

async function packetsOf(
  { sockets, udpLimit }: ThreadData<unknown>,
  responder: Responder,
  fates: PacketFates,
): Promise<Packets> {
  if (sockets.by === 'portable') return portablePackets({ addresses: sockets.addresses, responder, udpLimit, fates });
  const calls = await loadSystemCalls();
  if ('missing' in calls) throw new Error(calls.missing);
  const failed = (error: unknown) => {
    throw error;
  };
  return batchedPackets({
    calls,
    sockets: sockets.bound,
    responder,
    udpLimit,
    fates,
    pollTimeoutMs: receiveTimeoutMs,
    failed,
  });
}
