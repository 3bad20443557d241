import {
  decodeMessage,
  encodeMessage,
  Opcode,
  queryFor,
  Rcode,
  RRType,
  signRequest,
  verifyResponse,
  type Name,
  type RR,
  type TsigKey,
} from '@callbook/dns';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';

/** Who is to be told of each new serial. */
export interface Secondary {
  readonly host: string;
  readonly port: number;
  readonly key?: TsigKey;
}

export interface NotifierDeps {
  readonly apex: Name;
  readonly secondaries: readonly Secondary[];
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** 16 bits nobody can guess. */
  readonly randomId: () => number;
  readonly count: (outcome: 'sent' | 'answered' | 'refused') => void;
  readonly times?: NotifyTimes;
}

/** Milliseconds. */
export interface NotifyTimes {
  /** Serials that follow each other within this time are one NOTIFY. */
  readonly gather: number;
  /** Until it is sent again, twice as long each time, and at most this long. */
  readonly firstRetry: number;
  readonly longestRetry: number;
}

const usual: NotifyTimes = { gather: 200, firstRetry: 1_000, longestRetry: 60_000 };

export interface Notifier {
  /** The zone has this SOA now. */
  announce(soa: RR): void;
  stop(): void;
}

/**
 * Tells secondaries of new serials (RFC 1996), and again until each has said that it heard: one that is down is told when it is back. What
 * is sent and heard passes through sockets of its own.
 */
export function createNotifier(deps: NotifierDeps): Notifier {
  const sockets = new Map<'udp4' | 'udp6', Socket>();
  const tellings = deps.secondaries.map((secondary) => {
    const family = isIPv6(secondary.host) ? 'udp6' : 'udp4';
    if (!sockets.has(family)) sockets.set(family, opened(family));
    return new Telling(secondary, deps, (octets) =>
      sockets.get(family)!.send(octets, secondary.port, secondary.host, () => {}),
    );
  });

  function opened(family: 'udp4' | 'udp6'): Socket {
    const socket = createSocket(family);
    socket.on('message', (octets, from) => tellings.forEach((telling) => telling.heard(octets, from)));
    // What cannot be sent now is sent again.
    socket.on('error', () => {});
    return socket.unref();
  }

  return {
    announce: (soa) => tellings.forEach((telling) => telling.announce(soa)),
    stop: () => {
      for (const telling of tellings) telling.stop();
      for (const socket of sockets.values()) socket.close();
    },
  };
}

/** What one secondary is being told. */
class Telling {
  private soa: RR | undefined;
  private asked: { readonly id: number; readonly mac: Uint8Array } | undefined;
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;
  private readonly times: NotifyTimes;

  constructor(
    private readonly secondary: Secondary,
    private readonly deps: NotifierDeps,
    private readonly send: (octets: Uint8Array) => void,
  ) {
    this.times = deps.times ?? usual;
  }

  announce(soa: RR): void {
    const isGathering = this.soa !== undefined && this.asked === undefined;
    this.soa = soa;
    if (isGathering || this.stopped) return;
    this.asked = undefined;
    this.after(this.times.gather, this.times.firstRetry);
  }

  heard(octets: Uint8Array, from: RemoteInfo): void {
    const { asked, secondary } = this;
    if (!asked || from.port !== secondary.port || from.address !== secondary.host) return;
    const rcode = this.rcodeOf(octets, asked);
    if (rcode === undefined) return;
    // One that does not want to hear may be one that does not know the zone yet: it is told again, less and less often.
    if (rcode !== Rcode.NOERROR) return this.deps.count('refused');
    this.deps.count('answered');
    this.stopTelling();
  }

  stop(): void {
    this.stopped = true;
    this.stopTelling();
  }

  private stopTelling(): void {
    clearTimeout(this.timer);
    this.soa = undefined;
    this.asked = undefined;
  }

  private after(wait: number, retry: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.tell();
      this.after(retry, Math.min(retry * 2, this.times.longestRetry));
    }, wait).unref();
  }

  private tell(): void {
    const { apex, clock, randomId, count } = this.deps;
    const id = randomId();
    const question = { name: apex, type: RRType.SOA, class: 1 };
    const message = encodeMessage({
      ...queryFor(question, id),
      ...{ opcode: Opcode.NOTIFY, authoritative: true, answers: [this.soa!] },
    });
    const { key } = this.secondary;
    const { octets, mac } = key
      ? signRequest(message, key, seconds(clock()))
      : { octets: message, mac: new Uint8Array() };
    this.asked = { id, mac };
    this.send(octets);
    count('sent');
  }

  /** Undefined for what is no answer to what was asked, or is not proved to be. */
  private rcodeOf(octets: Uint8Array, { id, mac }: { id: number; mac: Uint8Array }): number | undefined {
    try {
      const { key } = this.secondary;
      const answer = decodeMessage(key ? verifyResponse(octets, key, mac, seconds(this.deps.clock())) : octets);
      return answer.response && answer.opcode === Opcode.NOTIFY && answer.id === id ? answer.rcode : undefined;
    } catch {
      return undefined;
    }
  }
}

const seconds = (milliseconds: number) => Math.floor(milliseconds / 1_000);
