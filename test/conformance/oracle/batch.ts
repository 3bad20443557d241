import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { Name, rdataText, readZoneFile, RRType, type RR } from '@callbook/dns';
import { QuestionClient, StreamClient, startPeer, type Peer, type PeerName } from '../../peers/index.js';
import { makeQuestions, type Asked } from './question-maker.js';
import { Random } from './random.js';
import { signZone, type SigningKeys } from './signing.js';
import { makeZone, variants, type Variant } from './zone-maker.js';

/** The servers that say what is right. */
export const judges = ['nsd', 'knot', 'bind', 'powerdns'] as const satisfies readonly PeerName[];
export type JudgePeer = (typeof judges)[number];

/** A zone that all servers have, and what they are asked of it. */
export interface Trial {
  /** Repeats this zone and its questions, whatever else is in the run. */
  readonly seed: number;
  readonly variant: Variant;
  readonly apex: Name;
  readonly file: string;
  readonly records: readonly RR[];
  readonly questions: readonly Asked[];
}

export async function makeTrial(
  seed: number,
  { dir, keys, questions }: { dir: string; keys: SigningKeys; questions: number },
): Promise<Trial> {
  const random = new Random(seed);
  const apex = `z${seed}.callbook.example.`;
  const variant = variants[seed % variants.length]!;
  const text = makeZone(random.split(), apex).toString();
  const file = await signZone(random.split(), { dir, apex, text, variant, keys });
  const records = readZoneFile(readFileSync(file, 'utf8'));
  const name = Name.parse(apex);
  return {
    seed,
    variant,
    apex: name,
    file,
    records,
    questions: makeQuestions(random.split(), name, records, questions),
  };
}

/** What each server answered to each question of each trial; undefined: nothing. */
export type Answers = ReadonlyMap<Trial, readonly (Buffer | undefined)[]>;

/** All trials in one start of a server. */
export async function askPeer(name: JudgePeer, trials: readonly Trial[], dir: string): Promise<Answers> {
  const peer = await startPeer(name, {
    dir: path.join(dir, name),
    zones: trials.map((trial) => {
      const parameters = trial.records.find(({ type }) => type === RRType.NSEC3PARAM);
      return {
        apex: trial.apex.toString(),
        file: trial.file,
        signed: trial.variant !== 'unsigned',
        ...(parameters ? { nsec3: chainOf(trial, parameters.rdata) } : {}),
      };
    }),
    extra: minimalAnswers[name],
  });
  try {
    return await askAll(peer, trials);
  } finally {
    await peer.stop();
    rmSync(path.join(dir, name), { recursive: true, force: true });
  }
}

/** Records that nobody asked for and no RFC demands are left out by Callbook; these leave them out when told so. */
const minimalAnswers: Record<JudgePeer, readonly string[]> = {
  nsd: ['minimal-responses: yes'],
  knot: [],
  bind: ['minimal-responses yes', 'zero-no-soa-ttl no'],
  powerdns: [],
};

/** With the flag of opt-out, which the record at the apex does not show (RFC 5155 §4.1.2). */
function chainOf({ variant }: Trial, rdata: Uint8Array): string {
  const [algorithm, , iterations, salt] = rdataText(RRType.NSEC3PARAM, rdata).split(' ');
  return `${algorithm} ${variant === 'nsec3-opt-out' ? 1 : 0} ${iterations} ${salt}`;
}

async function askAll(peer: Peer, trials: readonly Trial[]): Promise<Answers> {
  const datagrams = await QuestionClient.open();
  let stream = await StreamClient.open(peer);
  const answers = new Map<Trial, (Buffer | undefined)[]>();
  try {
    for (const trial of trials) {
      const overUdp = trial.questions.filter(({ transport }) => transport === 'udp').map(({ query }) => query);
      const udp = await datagrams.askAll(peer, overUdp);
      const ordered: (Buffer | undefined)[] = [];
      for (const { transport, query } of trial.questions) {
        if (transport === 'udp') {
          ordered.push(udp.shift());
          continue;
        }
        // A server may end a connection whenever it likes (RFC 7766 §6.2.3).
        if (!stream.isOpen) stream = await StreamClient.open(peer);
        let answer = await stream.ask(query);
        if (!answer) {
          stream = await StreamClient.open(peer);
          answer = await stream.ask(query);
        }
        ordered.push(answer);
      }
      answers.set(trial, ordered);
    }
  } finally {
    datagrams.close();
    stream.close();
  }
  return answers;
}

/** @param make called with the folder for the zones of a batch */
export async function inFolder<T>(dir: string, make: (dir: string) => Promise<T>): Promise<T> {
  mkdirSync(dir, { recursive: true });
  try {
    return await make(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
