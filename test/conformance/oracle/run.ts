import path from 'node:path';
import { typeName } from '@callbook/dns';
import { askPeer, inFolder, judges, makeTrial, type Trial } from './batch.js';
import { differencesOf, pairOf, type Difference, type Pair } from './compare.js';
import { lacksProof } from './compact-differences.js';
import { explanationOf } from './differences.js';
import { makeKeys, type SigningKeys } from './signing.js';
import type { Asked } from './question-maker.js';

/** The server under test: what it answers to a trial's questions. */
export type Ours = (trial: Trial, keys: SigningKeys) => Promise<(asked: Asked) => Uint8Array | undefined>;

export interface OracleResult {
  zones: number;
  questions: number;
  /** Answers of ours that were held against one of another server. */
  comparisons: number;
  /** Of those, the ones that are the same in everything. */
  same: number;
  /** How often each listed difference was met. */
  readonly explained: Map<string, number>;
  /** At most `kept`, each with the seed that repeats it. */
  readonly unexplained: string[];
  unexplainedCount: number;
}

const batchSize = 100;

export async function runOracle({
  firstSeed,
  zones,
  questions,
  dir,
  ours,
  kept = 40,
  progress,
}: {
  firstSeed: number;
  zones: number;
  questions: number;
  dir: string;
  ours: Ours;
  kept?: number;
  progress?: (line: string) => void;
}): Promise<OracleResult> {
  const result: OracleResult = {
    zones: 0,
    questions: 0,
    comparisons: 0,
    same: 0,
    explained: new Map(),
    unexplained: [],
    unexplainedCount: 0,
  };
  const keys = makeKeys();
  for (let seed = firstSeed; seed < firstSeed + zones; seed += batchSize) {
    const seeds = Array.from({ length: Math.min(batchSize, firstSeed + zones - seed) }, (_, index) => seed + index);
    await inFolder(path.join(dir, `batch-${seed}`), async (folder) => {
      const trials: Trial[] = [];
      for (let at = 0; at < seeds.length; at += 2)
        trials.push(
          ...(await Promise.all(
            seeds.slice(at, at + 2).map((each) => makeTrial(each, { dir: folder, keys, questions })),
          )),
        );
      const theirs = new Map<string, Awaited<ReturnType<typeof askPeer>>>();
      for (const peer of judges) theirs.set(peer, await askPeer(peer, trials, folder));
      for (const trial of trials) {
        const answer = await ours(trial, keys);
        for (const [index, asked] of trial.questions.entries()) {
          const own = answer(asked);
          for (const peer of judges)
            compareOne(result, kept, { trial, asked, peer, ours: own, theirs: theirs.get(peer)!.get(trial)![index] });
        }
        result.zones += 1;
        result.questions += trial.questions.length;
      }
    });
    progress?.(`${result.zones} zones, ${result.comparisons} comparisons, ${result.unexplainedCount} unexplained`);
  }
  return result;
}

function compareOne(result: OracleResult, kept: number, given: Parameters<typeof pairOf>[0]): void {
  result.comparisons += 1;
  const pair = pairOf(given);
  if (typeof pair === 'string') {
    result.unexplainedCount += 1;
    if (result.unexplained.length < kept) result.unexplained.push(`${headOf(given)}: ${pair}`);
    return;
  }
  const differences = differencesOf(pair.ours, pair.theirs);
  if (differences.length === 0) result.same += 1;
  const left: Difference[] = lacksProof(pair) ? [{ field: 'authority', missing: ['a proof'], extra: [] }] : [];
  for (const difference of differences) {
    const reason = explanationOf(pair, difference);
    if (reason) result.explained.set(reason.id, (result.explained.get(reason.id) ?? 0) + 1);
    else left.push(difference);
  }
  if (left.length === 0) return;
  result.unexplainedCount += 1;
  if (result.unexplained.length < kept) result.unexplained.push(`${headOf(pair)}${left.map(lineOf).join('')}`);
}

const headOf = ({ trial, asked, peer }: Pick<Pair, 'trial' | 'asked' | 'peer'>) =>
  `seed ${trial.seed} #${trial.questions.indexOf(asked)} (${trial.variant}) ${peer}: ${asked.name} ${typeName(asked.type)} ${asked.transport}${asked.dnssecOk ? ' do' : ''}`;

const lineOf = ({ field, missing, extra }: Difference) =>
  `\n    ${field}${missing.map((line) => `\n      theirs ${line.slice(0, 160)}`).join('')}${extra.map((line) => `\n      ours   ${line.slice(0, 160)}`).join('')}`;
