import {
  decodeMessage,
  encodeMessage,
  queryFor,
  RRType,
  serialCompare,
  soa,
  type Edns,
  type Message,
  type Name,
} from '@callbook/dns';
import { randomBytes, randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { isIP } from 'node:net';

export interface ReplicaAddress {
  readonly host: string;
  readonly port: number;
}

interface Waiter {
  readonly serial: number;
  /** As `performance.now()` counts. */
  readonly until: number;
  readonly settle: (served: boolean) => void;
}

const firstPause = 2;
const longestPause = 50;
const answerWithin = 500;
const cookieOption = 10;
const clientCookieOctets = 8;

/**
 * Asks one replica for its serial for as long as anybody waits for one, and tells all of them. Shows the cookie that the replica gave
 * (RFC 7873), so that its rate limit does not take a busy gateway for a flood.
 */
export class ReplicaWatch {
  private readonly waiters = new Set<Waiter>();
  private readonly clientCookie = randomBytes(clientCookieOctets);
  private cookie: Uint8Array = this.clientCookie;
  private asking = false;
  private pause = firstPause;
  private wake = () => {};

  /** @param left called when nobody waits any more */
  constructor(
    private readonly address: ReplicaAddress,
    private readonly apex: Name,
    private readonly left: () => void,
  ) {}

  /** True once it serves `serial` or a later one; false when the time comes first. */
  waitFor(serial: number, until: number): Promise<boolean> {
    return new Promise((settle) => {
      this.waiters.add({ serial, until, settle });
      this.pause = firstPause;
      this.wake();
      if (!this.asking) void this.ask();
    });
  }

  private async ask(): Promise<void> {
    this.asking = true;
    while (this.waiters.size > 0) {
      const nearest = Math.min(...[...this.waiters].map(({ until }) => until));
      this.tell(await this.serialWithin(Math.min(answerWithin, nearest - performance.now())));
      if (this.waiters.size > 0) await this.rest();
    }
    this.asking = false;
    this.left();
  }

  private tell(current: number | undefined): void {
    for (const waiter of this.waiters) {
      const served = current !== undefined && serialCompare(current, waiter.serial) >= 0;
      if (!served && performance.now() < waiter.until) continue;
      this.waiters.delete(waiter);
      waiter.settle(served);
    }
  }

  /** Longer each time, and as short as at first when somebody new waits. */
  private async rest(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.pause);
      this.pause = Math.min(this.pause * 2, longestPause);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.wake = () => {};
  }

  private serialWithin(milliseconds: number): Promise<number | undefined> {
    const { host, port } = this.address;
    const id = randomInt(65_536);
    const socket = createSocket(isIP(host) === 6 ? 'udp6' : 'udp4');
    return new Promise<number | undefined>((resolve) => {
      const timer = setTimeout(() => resolve(undefined), Math.max(1, milliseconds));
      const settle = (serial: number | undefined) => {
        clearTimeout(timer);
        resolve(serial);
      };
      socket.once('error', () => settle(undefined));
      socket.on('message', (octets) => {
        const reply = replyIn(octets, id);
        if (!reply) return;
        this.learnCookie(reply.edns);
        settle(serialIn(reply));
      });
      socket.connect(port, host, () => socket.send(encodeMessage(this.query(id))));
    }).finally(() => socket.close());
  }

  private query(id: number): Message {
    const options = [{ code: cookieOption, data: this.cookie }];
    const edns = { udpSize: 1_232, version: 0, dnssecOk: false, compactOk: false, options };
    return queryFor({ name: this.apex, type: RRType.SOA, class: 1 }, id, { edns });
  }

  /** Only what repeats our half is an answer to us (RFC 7873 §5.3). */
  private learnCookie(edns: Edns | undefined): void {
    const data = edns?.options.find(({ code }) => code === cookieOption)?.data;
    if (data && this.clientCookie.equals(data.subarray(0, clientCookieOctets))) this.cookie = Uint8Array.from(data);
  }
}

function replyIn(octets: Uint8Array, id: number): Message | undefined {
  try {
    const reply = decodeMessage(octets);
    return reply.id === id && reply.response ? reply : undefined;
  } catch {
    return undefined;
  }
}

function serialIn({ answers }: Message): number | undefined {
  const record = answers.find(({ type }) => type === RRType.SOA);
  return record && soa.read(record.rdata).serial;
}
