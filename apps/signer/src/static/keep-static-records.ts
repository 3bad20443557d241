import { errorFields, type Log } from '@callbook/process';
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { rulesOf } from '../bindings/rrsets-of-binding.js';
import { difference } from '../publish/difference.js';
import { publish } from '../publish/publish.js';
import type { SigningZone } from '../publish/signing-zone.js';
import type { SigningMetrics } from '../signing-metrics.js';
import type { WantedSet } from '../zone/signed-set.js';
import { ofOperator } from '../zone/subject.js';
import type { StaticRules } from './check-records.js';
import { readStaticRecords, stillInOrder, StaticRecordsError } from './static-records.js';

/** The operator's records in the zone, kept to what a file says. */
export interface StaticRecords {
  /** Takes out what does not go with the configuration any more, before anything of it is published. */
  prune(): Promise<void>;
  /** Reads the file if it has changed, and publishes what changed. Never fails for what is in the file. */
  look(): Promise<void>;
  /** What was taken from the file; undefined while it was never in order, and the zone keeps what it has. */
  readonly accepted: readonly WantedSet[] | undefined;
}

interface StaticDeps {
  readonly signing: SigningZone;
  readonly rules: StaticRules;
  readonly log: Log;
  readonly measured: SigningMetrics;
}

const longestFile = 8 * 1_024 * 1_024;
/** In one line of the log each, so that a file of another kind does not fill it. */
const mostProblemsTold = 20;

/**
 * Steps of a look: 1 read the file, whole  2 unless its content is the one of the last look, check it, whole  3 compare with what is stored
 * 4 publish the differences in one journal entry: the commit. A crash leaves the records of the old file or those of the new one.
 * A file that is refused or cannot be read changes nothing; without `file` there are no such records.
 */
export function keepStaticRecords(deps: StaticDeps, file: string | undefined): StaticRecords {
  const { signing, rules, log, measured } = deps;
  let accepted: readonly WantedSet[] | undefined = file === undefined ? [] : undefined;
  let lastSeen: string | undefined;
  let refused = false;
  let keptBack = false;

  const read = async (path: string) => {
    const hashed = (content: Buffer) => createHash('sha256').update(content).digest('hex');
    if (hashed(await readWhole(path).catch(() => Buffer.alloc(0))) === lastSeen) return;
    const content = await contentOf(path).catch((error: unknown) => {
      if (lastSeen !== unreadable) log.error('static_records.unreadable', errorFields(error));
      return undefined;
    });
    const seen = content === undefined ? unreadable : hashed(content);
    if (seen === lastSeen) return;
    lastSeen = seen;
    refused = true;
    if (content === undefined) return;
    try {
      accepted = readStaticRecords(content.toString('utf8'), rules);
      refused = false;
      log.info('static_records.accepted', { sets: accepted.length });
    } catch (error) {
      if (!(error instanceof StaticRecordsError)) throw error;
      log.error('static_records.refused', { problems: error.problems.length });
      for (const problem of error.problems.slice(0, mostProblemsTold))
        log.error('static_records.problem', { ...problem });
    }
  };

  return {
    prune: async () => {
      const stored = await signing.parts.store.setsOf([ofOperator]);
      const left = stillInOrder(stored, rules);
      if (left.length === stored.length) return;
      log.error('static_records.removed', { sets: stored.length - left.length });
      await publishStatic(signing, left);
    },
    look: async () => {
      if (file !== undefined) await read(file);
      // Names that bindings lived under by former rules may still be taken.
      if (accepted && (await signing.parts.store.head()).rules === rulesOf(rules.suffixes)) {
        const published = await publishStatic(signing, accepted);
        if (!published && !keptBack) log.error('static_records.name_taken');
        keptBack = !published;
      }
      measured.staticRefused.set(refused || keptBack ? 1 : 0);
      measured.staticSets.set((await signing.parts.store.setsOf([ofOperator])).length);
    },
    get accepted() {
      return accepted;
    },
  };
}

const unreadable = 'unreadable';
const settledAfter = 250;

/** False: a binding that cannot be made anew still has records where the file has some. Nothing has changed. */
async function publishStatic(signing: SigningZone, wanted: readonly WantedSet[]): Promise<boolean> {
  const { store } = signing.parts;
  return signing.inTurn(async (head) => {
    const change = difference(await store.setsOf([ofOperator]), wanted);
    if (change.put.length + change.remove.length === 0) return true;
    const owners = change.put.map(({ wanted: { set } }) => set.name.lower());
    if ((await store.ownersHeldByOthers(owners, [ofOperator])).length > 0) return false;
    await publish(signing, head, [change]);
    return true;
  });
}

/** A file that is being written is not taken half: it has to read the same twice. Errors: also when it never does. */
async function contentOf(path: string): Promise<Buffer> {
  let content = await readWhole(path);
  for (let attempt = 0; attempt < 40; attempt += 1) {
    await pause(settledAfter);
    const again = await readWhole(path);
    if (again.equals(content)) return content;
    content = again;
  }
  throw new Error('the file does not come to rest');
}

async function readWhole(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    if ((await file.stat()).size > longestFile) throw new Error('the file is too large');
    return await file.readFile();
  } finally {
    await file.close();
  }
}
