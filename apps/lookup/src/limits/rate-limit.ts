import type { Client } from '../answer/responder.js';
import { SipHash } from './sip-hash.js';

/** Kinds of answers that are counted apart. */
export const responseClass = { answer: 0, nodata: 1, nxdomain: 2, referral: 3, error: 4 } as const;
export type ResponseClass = (typeof responseClass)[keyof typeof responseClass];

export const verdict = {
  send: 0,
  /** An empty answer with TC set: whoever has not lied about their address comes back over TCP. */
  slip: 1,
  drop: 2,
} as const;
export type RateVerdict = (typeof verdict)[keyof typeof verdict];

/** Keeps this server from being the amplifier of a flood at an address that somebody forged. */
export interface RateLimiter {
  /**
   * For a UDP client without a good cookie; others are always sent to. Counts the answer.
   *
   * @param name stands for the name that the answer belongs to, for answers and referrals: that of the wildcard or of the cut where there
   *   is one, so that made-up names below it count as one. Denials and errors are one account each, whatever was asked.
   */
  decide(client: Client, kind: ResponseClass, name: number, nowSeconds: number): RateVerdict;
}

/** What the threads of a process have in common. Can be posted to a worker. */
export interface RateLimitTable {
  /** Answers each second for one account. */
  readonly rate: number;
  /** Every so manyth answer that is held back is sent empty instead; 0: none, 1: all. */
  readonly slip: number;
  readonly accounts: SharedArrayBuffer;
  /** 16 random octets, those of this process alone: nobody can choose addresses that share an account, or find an address in the table. */
  readonly key: Uint8Array;
}

/** An account: its tag, the second of its last refill, its balance, how many it was refused. Four of them share a cache line. */
const fields = 4;
const [tagField, secondField, balanceField, refusedField] = [0, 1, 2, 3];
const ways = 4;
/** 1 MiB, whatever addresses come: the account that was refilled longest ago makes room. */
const accounts = 65_536;

/** Above this nobody is limited anyway, and 15 seconds of it still fit a balance of 32 bits. */
const largestRate = 100_000_000;

/** Seconds of quiet after which an account that was overdrawn by far is good again. */
const window = 15;

export const createRateLimitTable = (options: {
  readonly rate: number;
  readonly slip: number;
  readonly key: Uint8Array;
}): RateLimitTable => ({
  ...options,
  rate: Math.min(options.rate, largestRate),
  accounts: new SharedArrayBuffer(accounts * fields * Int32Array.BYTES_PER_ELEMENT),
});

/** The limiter of one thread. Threads that meet in an account may miscount by a few, and never wait for each other. */
export function createRateLimiter(table: RateLimitTable): RateLimiter {
  const { rate, slip } = table;
  const cells = new Int32Array(table.accounts);
  const floor = -window * rate;
  const sip = new SipHash(table.key, [1, 3]);
  /** Family and class, up to 7 octets of prefix, the name. */
  const hashed = new Uint8Array(12);

  function account(client: Client, kind: ResponseClass, nameHash: number, now: number): number {
    const v6 = client.addressLength === 16;
    const prefix = v6 ? 7 : 3;
    hashed[0] = (v6 ? 8 : 0) | kind;
    for (let i = 0; i < 7; i++) hashed[1 + i] = i < prefix ? client.address[client.addressStart + i]! : 0;
    const name = kind === responseClass.answer || kind === responseClass.referral ? nameHash : 0;
    hashed[8] = name;
    hashed[9] = name >>> 8;
    hashed[10] = name >>> 16;
    hashed[11] = name >>> 24;
    sip.hash(hashed, 0, 12);
    const first = (sip.low & (accounts / ways - 1)) * ways * fields;
    const tag = sip.high | 1; // 0 is an account that nobody has
    let oldest = first;
    for (let at = first; at < first + ways * fields; at += fields) {
      const held = cells[at + tagField];
      if (held === tag) return at;
      // They are taken in order and never given back: behind an empty one there is nothing.
      if (held === 0) {
        oldest = at;
        break;
      }
      if (((cells[at + secondField]! - cells[oldest + secondField]!) | 0) < 0) oldest = at;
    }
    cells[oldest + secondField] = now;
    cells[oldest + balanceField] = rate;
    cells[oldest + tagField] = tag;
    return oldest;
  }

  function refill(at: number, now: number): void {
    const then = cells[at + secondField]!;
    const passed = (now - then) | 0;
    // Whoever sets the clock of an account forward pays in for all threads. A clock that went back far pays in nothing, once.
    if (passed === 0 || (passed < 0 && passed > -window)) return;
    if (Atomics.compareExchange(cells, at + secondField, then, now) !== then || passed < 0) return;
    const balance = Atomics.load(cells, at + balanceField);
    Atomics.store(cells, at + balanceField, passed > window ? rate : Math.min(rate, balance + passed * rate));
  }

  return {
    decide(client, kind, nameHash, nowSeconds) {
      if (client.carrier !== 'udp') return verdict.send;
      const now = nowSeconds | 0;
      const at = account(client, kind, nameHash, now);
      refill(at, now);
      if (cells[at + balanceField]! > floor) Atomics.sub(cells, at + balanceField, 1);
      if (cells[at + balanceField]! >= 0) return verdict.send;
      if (slip === 0) return verdict.drop;
      return Atomics.add(cells, at + refusedField, 1) % slip === 0 ? verdict.slip : verdict.drop;
    },
  };
}
