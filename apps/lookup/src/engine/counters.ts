import type { Carrier } from '../answer/responder.js';

const carriers = ['udp', 'tcp', 'tls', 'https'] as const satisfies readonly Carrier[];
const carrierIndex: Readonly<Record<Carrier, number>> = { udp: 0, tcp: 1, tls: 2, https: 3 };

/** Extended response codes that there are end at 23 (RFC 7873); those above would be counted as the last. */
const rcodes = 32;

/** What becomes of queries over UDP that are not answered, or not in full. */
export const fates = ['unsent', 'dropped', 'slipped'] as const;
export type Fate = (typeof fates)[number];

const answerCounts = carriers.length * rcodes;
const words = answerCounts + fates.length;

/** Counts of one thread, which alone writes them, in memory that the main thread reads. They wrap at 2³²: whoever reads them takes differences. */
export class Counters {
  private readonly counts: Int32Array;

  constructor(readonly memory: SharedArrayBuffer = new SharedArrayBuffer(words * 4)) {
    this.counts = new Int32Array(memory);
  }

  answered(carrier: Carrier, rcode: number): void {
    this.counts[carrierIndex[carrier] * rcodes + (rcode < rcodes ? rcode : rcodes - 1)]! += 1;
  }

  met(fate: Fate, count = 1): void {
    this.counts[answerCounts + fates.indexOf(fate)]! += count;
  }

  read(at: number): number {
    return Atomics.load(this.counts, at) >>> 0;
  }
}

export interface CountersSink {
  answered(carrier: Carrier, rcode: number, count: number): void;
  met(fate: Fate, count: number): void;
}

/** Hands on what was counted since it was called last. Called at least once for every 2³² answers of a thread. */
export function countersReader(all: readonly Counters[], sink: CountersSink): () => void {
  const before = all.map(() => new Uint32Array(words));
  return () => {
    for (let at = 0; at < words; at += 1) {
      let count = 0;
      all.forEach((counters, n) => {
        const now = counters.read(at);
        count += (now - before[n]![at]!) >>> 0;
        before[n]![at] = now;
      });
      if (count === 0) continue;
      if (at < answerCounts) sink.answered(carriers[Math.floor(at / rcodes)]!, at % rcodes, count);
      else sink.met(fates[at - answerCounts]!, count);
    }
  };
}
