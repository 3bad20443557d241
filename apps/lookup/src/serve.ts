import type { ZoneKey } from '@callbook/dnssec';
import { networkInterfaces, availableParallelism } from 'node:os';
import { MessageChannel } from 'node:worker_threads';
import { answeringOf, posted, type AnsweringSetup, type Secrets } from './answering.js';
import { certificateFilesOf, followCertificate } from './certificate-files.js';
import type { ServingConfig } from './config.js';
import { Counters } from './engine/counters.js';
import { startEngine, type Engine } from './engine/engine.js';
import { listeningAddresses } from './engine/listening.js';
import type { WorkerSetup } from './engine/worker.js';
import { cookieSecretsAt, nextCookieSecrets } from './limits/cookie-secrets.js';
import { createRateLimitTable } from './limits/rate-limit.js';
import { httpsTransport } from './streams/https.js';
import { tcpTransport } from './streams/tcp.js';
import type { Transfer } from './streams/transfers.js';
import { tlsTransport } from './streams/tls.js';
import type { ServedZone } from './zone/served-zone.js';

export interface ServeDeps {
  readonly zone: ServedZone;
  readonly config: ServingConfig;
  /** The key that signs denials now. */
  readonly denialKey: () => ZoneKey | undefined;
  /** 32 octets: replicas that share them understand each other's cookies. */
  readonly cookieRoot: Uint8Array;
  readonly transfer: Transfer;
  /** What is counted for answers on this thread. */
  readonly counters: Counters;
  readonly clock: () => number;
  readonly random: (octets: number) => Uint8Array;
  readonly told: ServeEvents;
}

/** For the log: nothing of a query is in any of it. */
export interface ServeEvents {
  packets(how: Engine<unknown>['packets'], because: string | undefined): void;
  threadDied(error: Error, last: boolean): void;
  certificateUnusable(error: unknown): void;
}

export interface Serving {
  /** Of every thread. */
  readonly counters: readonly Counters[];
  /** Every way in is open, and every thread has the newest keys. */
  isReady(): boolean;
  stop(): Promise<void>;
}

/** Milliseconds between looks at the keys: the time of a key to sign comes without anybody saying so. */
const lookAtKeysEvery = 100;

/** Opens every way in to a zone: UDP on threads of their own, TCP, TLS and HTTPS on this one. Errors: that of the system, such as EADDRINUSE. */
export async function serve(deps: ServeDeps): Promise<Serving> {
  const { zone, config, clock, told, counters, transfer } = deps;
  const secrets = followSecrets(deps);
  const setup: Omit<AnsweringSetup, 'secrets'> = {
    apex: zone.apex.wire,
    udpLimit: config.udpLimit,
    ...(config.nsid && { nsid: new TextEncoder().encode(config.nsid) }),
    keepaliveIdle: config.tcpIdle,
    signaturesPerSecond: config.denialSignatures,
    ...(config.rateLimit > 0 && {
      rateLimit: createRateLimitTable({ rate: config.rateLimit, slip: config.rateLimitSlip, key: deps.random(16) }),
    }),
    rules: posted({ allow: config.transferAllow, keys: config.transferKeys }),
  };
  const addresses = listeningAddresses(config.dnsHost, config.dnsPort, networkInterfaces());
  const here = answeringOf({ ...setup, secrets: secrets.now() }, zone.view(), counters);
  secrets.tell(here.told);

  const stops: (() => unknown)[] = [secrets.stop];
  const stop = async () => {
    for (const each of stops.splice(0).reverse()) await each();
  };
  const streams = {
    connections: config.tcpConnections,
    connectionsPerClient: config.tcpConnectionsPerClient,
    idle: config.tcpIdle,
  };
  const open = async (transport: { start(): Promise<void>; stop(): Promise<void> }) => {
    await transport.start();
    stops.push(() => transport.stop());
  };

  try {
    // First, because it says when somebody else is there: of sockets for UDP the system lets many share a port.
    for (const address of addresses)
      await open(tcpTransport(address, { responder: here.responder, transfer }, streams));

    const engine = await startEngine<WorkerSetup, Secrets>({
      addresses,
      threads: config.workers ?? availableParallelism(),
      packets: config.packets,
      udpLimit: config.udpLimit,
      entry: new URL('./engine/worker.js', import.meta.url),
      setup: () => {
        const { port1: near, port2: far } = new MessageChannel();
        const handle = zone.attachReader(near, far);
        return {
          data: { ...setup, secrets: secrets.now(), zone: handle },
          transfer: [far],
          left: () => zone.detachReader(handle),
        };
      },
      died: told.threadDied,
      clock,
    });
    stops.push(() => engine.stop());
    told.packets(engine.packets, engine.because);
    secrets.tell((news) => engine.tell(news));

    let encrypted = config.dotPort === undefined && config.dohPort === undefined;
    const files = certificateFilesOf(config);
    if (!encrypted && files) {
      const certificate = followCertificate(files, { clock, failed: told.certificateUnusable });
      stops.push(() => certificate.stop());
      void certificate.identity.then(async (identity) => {
        for (const { host } of addresses) {
          if (config.dotPort !== undefined)
            await open(
              tlsTransport({ host, port: config.dotPort }, { responder: here.responder, transfer, identity }, streams),
            );
          if (config.dohPort !== undefined)
            await open(
              httpsTransport({ host, port: config.dohPort }, { responder: here.responder, identity }, streams),
            );
        }
        encrypted = true;
      });
    }
    return {
      counters: [counters, ...engine.counters],
      isReady: () => encrypted && secrets.areTold() && engine.hasHeard(),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Looks at what signs denials and cookies, and tells those who want to know when it is something else. */
function followSecrets({ denialKey, cookieRoot, clock }: ServeDeps) {
  const listeners: ((secrets: Secrets) => void)[] = [];
  let [cookies, until]: [readonly Uint8Array[], number] = [[], 0];
  const now = (): Secrets => {
    const seconds = Math.floor(clock() / 1_000);
    if (seconds >= until) [cookies, until] = [cookieSecretsAt(cookieRoot, seconds), nextCookieSecrets(seconds)];
    return { denialKey: denialKey(), cookies };
  };
  let last = now();
  const isSame = (one: Secrets, other: Secrets) =>
    one.denialKey?.tag === other.denialKey?.tag && one.cookies === other.cookies;
  const timer = setInterval(() => {
    const next = now();
    if (isSame(last, next)) return;
    last = next;
    for (const listener of listeners) listener(next);
  }, lookAtKeysEvery);
  return {
    now: () => last,
    /** From now on, and at once of how it is: what it began with may be older than that. */
    tell: (listener: (secrets: Secrets) => void) => {
      listeners.push(listener);
      listener(last);
    },
    areTold: () => isSame(last, now()),
    stop: () => clearInterval(timer),
  };
}
