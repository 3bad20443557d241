import { minus, readAnswer, sections, type Answer, type Section } from './answer.js';
import type { JudgePeer, Trial } from './batch.js';
import type { Asked } from './question-maker.js';

export type Field = 'silence' | 'rcode' | 'flags' | 'question' | 'edns' | Section;

/** In one field two answers are not the same. `missing`: theirs and not ours; `extra`: ours and not theirs. */
export interface Difference {
  readonly field: Field;
  readonly missing: readonly string[];
  readonly extra: readonly string[];
}

/** One question, and what was answered to it here and there. */
export interface Pair {
  readonly trial: Trial;
  readonly asked: Asked;
  readonly peer: JudgePeer;
  readonly ours: Answer;
  readonly theirs: Answer;
}

export function differencesOf(ours: Answer, theirs: Answer): Difference[] {
  const differences: Difference[] = [];
  for (const field of ['rcode', 'flags', 'question', 'edns'] as const)
    if (ours[field] !== theirs[field])
      differences.push({ field, missing: [String(theirs[field])], extra: [String(ours[field])] });
  for (const section of sections) {
    const missing = minus(theirs.sections[section], ours.sections[section]);
    const extra = minus(ours.sections[section], theirs.sections[section]);
    if (missing.length > 0 || extra.length > 0) differences.push({ field: section, missing, extra });
  }
  return differences;
}

/** Text: why they cannot be compared, since one of them is silence, or is no message. */
export function pairOf(
  given: Pick<Pair, 'trial' | 'asked' | 'peer'> & { ours: Uint8Array | undefined; theirs: Uint8Array | undefined },
): Pair | string {
  const { ours, theirs, ...rest } = given;
  const own = ours ? read(ours) : 'silence';
  if (typeof own === 'string') return `ours is ${own}`;
  const other = theirs ? read(theirs) : 'silence';
  if (typeof other === 'string') return `theirs is ${other}`;
  return { ...rest, ours: own, theirs: other };
}

function read(octets: Uint8Array): Answer | string {
  try {
    return readAnswer(octets);
  } catch (error) {
    return `${Buffer.from(octets).toString('hex')}, ${String(error)}`;
  }
}
