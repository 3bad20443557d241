import { cpuSeconds } from '../../peers/index.js';
import { loadHttps } from './load-https.js';
import { load, outstanding, type Mode } from './load.js';
import type { Questions } from './questions.js';
import type { BenchServer } from './servers.js';

export interface Case {
  readonly name: string;
  readonly mode: Mode;
  readonly dnssec: boolean;
  readonly questions: 'hit' | 'nodata' | 'repeated' | 'random';
  /** What almost every answer must say: a server that refuses is quick. Of those who sign on line some say NOERROR where nothing is (RFC 9824). */
  readonly rcodes: readonly ('NOERROR' | 'NXDOMAIN')[];
}

export interface Rounds {
  readonly rounds: number;
  readonly seconds: number;
  /** Ours is compiled while it runs, and proofs are signed when they are first asked for. */
  readonly warmUpSeconds: number;
  readonly peersWarmUpSeconds: number;
  /** Names that nobody has asked before, for each second. */
  readonly randomPerSecond: number;
}

/**
 * Microseconds of CPU time for each answer, by server: the median of rounds in which every server has its turn, so that whatever else the
 * machine does meets all of them alike. Errors: where answers are wrong or lost.
 */
export async function cpuPerQuery(
  it: Case,
  servers: readonly BenchServer[],
  questions: Questions,
  { rounds, seconds, warmUpSeconds, peersWarmUpSeconds, randomPerSecond }: Rounds,
): Promise<ReadonlyMap<string, number>> {
  const measured = new Map<string, number[]>(servers.map(({ name }) => [name, []]));
  const ask = (server: BenchServer, time: number) => {
    const isRandom = it.questions === 'random';
    const file = isRandom
      ? questions.random(Math.ceil(randomPerSecond * time))
      : questions[it.questions as Exclude<Case['questions'], 'random'>];
    const asked = { port: server.ports[it.mode]!, file, seconds: time, dnssec: it.dnssec };
    return it.mode === 'doh' ? loadHttps(asked) : load({ ...asked, mode: it.mode, once: isRandom });
  };
  for (const server of servers) {
    const time = server.name === 'ours' ? warmUpSeconds : peersWarmUpSeconds;
    if (time > 0) await ask(server, time);
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const server of servers) {
      const before = cpuSeconds(server.pids());
      const { answered, lost, rcodes } = await ask(server, seconds);
      const used = cpuSeconds(server.pids()) - before;
      const right = it.rcodes.reduce((sum, rcode) => sum + (rcodes[rcode] ?? 0), 0);
      // The bare echo sends back what it gets, which says NOERROR whatever is asked.
      if (server.name !== 'echo' && right < 0.99 * answered)
        throw new Error(`${server.name}, ${it.name}: ${JSON.stringify(rcodes)} instead of ${it.rcodes.join()}`);
      // Some are under way when the time is over.
      if (lost > 0.02 * answered + outstanding)
        throw new Error(`${server.name}, ${it.name}: ${lost} of ${answered + lost} lost`);
      measured.get(server.name)!.push((used * 1e6) / answered);
    }
  }
  return new Map([...measured].map(([name, values]) => [name, median(values)]));
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
