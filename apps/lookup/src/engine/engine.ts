import { isIP } from 'node:net';
import { Worker, type TransferListItem } from 'node:worker_threads';
import { Counters } from './counters.js';
import { loadSystemCalls } from './load-system-calls.js';
import { SystemCallError, type SocketAddress, type SystemCalls } from './system-calls.js';
import { receiveTimeoutMs, type FromThread, type ThreadData, type ToThread } from './thread.js';

/** What a thread begins with. */
export interface ThreadSetup<Setup> {
  readonly data: Setup;
  /** What of it goes to the thread for good, such as the port of a channel. */
  readonly transfer?: readonly TransferListItem[];
  /** The thread is no more. */
  readonly left?: () => void;
}

export interface EngineDeps<Setup> {
  /** IP addresses and ports, none of them a wildcard: an answer must come from the address that was asked. */
  readonly addresses: readonly SocketAddress[];
  readonly threads: number;
  readonly packets: 'auto' | 'batched' | 'portable';
  readonly udpLimit: number;
  /** Entry point of a thread, which calls `runThread`. */
  readonly entry: URL;
  /** Asked for anew for one that takes the place of another. */
  readonly setup: () => ThreadSetup<Setup>;
  /** A thread has died by an exception. It is replaced, unless that happens too often: `last` then. */
  readonly died: (error: Error, last: boolean) => void;
  readonly clock: () => number;
}

export interface Engine<Message> {
  readonly packets: 'batched' | 'portable';
  /** Why not in batches. */
  readonly because?: string;
  /** One for each thread. */
  readonly counters: readonly Counters[];
  /** Reaches every thread, in order, within some tens of milliseconds. */
  tell(message: Message): void;
  /** Every thread has heard all that was told. */
  hasHeard(): boolean;
  stop(): Promise<void>;
}

/** Threads that may be replaced within a minute before it must be a fault that replacing does not heal. */
const replacements = { count: 5, within: 60_000 };

/**
 * Threads that answer UDP, each with sockets of its own on every address (SO_REUSEPORT: the kernel spreads the clients over them). The
 * sockets belong to the process: when a thread dies, another goes on where it stopped. Errors: that of the system, such as EADDRINUSE.
 */
export async function startEngine<Setup, Message>(deps: EngineDeps<Setup>): Promise<Engine<Message>> {
  const calls: SystemCalls | { missing: string } =
    deps.packets === 'portable' ? { missing: 'told so' } : await loadSystemCalls();
  if ('missing' in calls && deps.packets === 'batched') throw new Error(`no packets in batches: ${calls.missing}`);

  const batched = !('missing' in calls);
  const fds: number[] = [];
  const release = () => {
    if (batched) for (const fd of fds.splice(0)) calls.close(fd);
  };
  const sockets = (): ThreadData<Setup>['sockets'] => {
    if (!batched) return { by: 'portable', addresses: deps.addresses };
    const bound = deps.addresses.map((address) => {
      const fd = calls.openUdp(address, receiveTimeoutMs);
      fds.push(fd);
      return { fd, family: isIP(address.host) === 6 ? 6 : 4 } as const;
    });
    return { by: 'batched', bound };
  };

  // Node's own sockets know no SO_REUSEPORT in every version that we run on.
  const count = batched ? deps.threads : 1;
  let threads: Thread<Setup, Message>[] = [];
  try {
    threads = Array.from({ length: count }, () => new Thread(deps, sockets()));
    await Promise.all(threads.map((thread) => thread.start()));
  } catch (error) {
    await Promise.all(threads.map((thread) => thread.stop()));
    release();
    throw error;
  }

  return {
    packets: batched ? 'batched' : 'portable',
    ...('missing' in calls && { because: calls.missing }),
    counters: threads.map(({ counters }) => counters),
    tell: (message) => {
      for (const thread of threads) thread.tell(message);
    },
    hasHeard: () => threads.every((thread) => thread.hasHeard()),
    stop: async () => {
      await Promise.all(threads.map((thread) => thread.stop()));
      release();
    },
  };
}

/** One thread, and those that take its place. */
class Thread<Setup, Message> {
  readonly counters = new Counters();
  private worker: Worker | undefined;
  private gone: Promise<void> = Promise.resolve();
  private stopping = false;
  private said = 0;
  private heard = 0;
  private readonly deaths: number[] = [];

  constructor(
    private readonly deps: EngineDeps<Setup>,
    private readonly sockets: ThreadData<Setup>['sockets'],
  ) {}

  /** Resolves when it takes packets. */
  start(): Promise<void> {
    const { deps, sockets, counters } = this;
    const { data: setup, transfer = [], left = () => undefined } = deps.setup();
    const workerData: ThreadData<Setup> = { sockets, udpLimit: deps.udpLimit, counters: counters.memory, setup };
    const worker = new Worker(deps.entry, { workerData, transferList: [...transfer], name: 'packets' });
    this.worker = worker;
    const saidBefore = this.said;
    this.gone = new Promise((resolve) =>
      worker.once('exit', () => {
        left();
        resolve();
      }),
    );
    return new Promise((resolve, reject) => {
      let ready = false;
      worker.on('message', (message: FromThread) => {
        if ('failed' in message)
          return reject(new SystemCallError('packets', message.failed.code ?? 'failed', message.failed.message));
        if ('heard' in message) return void (this.heard = message.heard);
        ready = true;
        // What it began with is all that was told by then.
        this.heard = Math.max(this.heard, saidBefore);
        resolve();
      });
      worker.once('error', (error: Error) => {
        if (ready) this.replace(error);
        else reject(error);
      });
      worker.once('exit', () => reject(new Error('the thread ended before it was ready')));
    });
  }

  private replace(error: Error): void {
    if (this.stopping) return;
    const { clock, died } = this.deps;
    const since = clock() - replacements.within;
    while (this.deaths.length > 0 && this.deaths[0]! < since) this.deaths.shift();
    this.deaths.push(clock());
    const last = this.deaths.length > replacements.count;
    died(error, last);
    if (last) return;
    void this.gone.then(() => {
      if (!this.stopping) this.start().catch((reason: Error) => this.replace(reason));
    });
  }

  tell(message: Message): void {
    this.said += 1;
    this.worker?.postMessage({ tell: message, number: this.said } satisfies ToThread<Message>);
  }

  hasHeard(): boolean {
    return this.heard === this.said;
  }

  async stop(): Promise<void> {
    this.stopping = true;
    this.worker?.postMessage('stop' satisfies ToThread<Message>);
    await this.gone;
  }
}
