import { CallbookError, callbookError, type BindingContent } from '@callbook/contracts';
import type { RRset } from '@callbook/dns';
import { rrsetsOfBinding, type Suffixes } from '../bindings/rrsets-of-binding.js';
import { subjectOf, type Subject } from '../zone/subject.js';
import type { SignedSet } from '../zone/signed-set.js';
import { difference } from './difference.js';
import { publish } from './publish.js';
import type { SigningZone } from './signing-zone.js';

/**
 * Brings the zone to what these bindings say; they may come in any order and any number of times. Steps:
 * 1 keep the newest of each identifier  2 make its RRsets  3 drop what is not newer than what is stored
 * 4 compare with the RRsets that are stored  5 publish the differences (`publish` has its own steps).
 *
 * `again`: a binding at the very sequence that is stored is not dropped, because the rules by which it is made into RRsets have changed.
 * Errors: those of routes and keys, before anything has changed; UNAVAILABLE (retry later).
 */
export async function signBindings(
  deps: { readonly signing: SigningZone; readonly suffixes: Suffixes },
  contents: readonly BindingContent[],
  { again = false } = {},
): Promise<void> {
  const wanted = [...newestOf(contents)].map(([subject, content]) => ({
    subject,
    sequence: content.sequence,
    sets: recordsOfBinding(content, deps.suffixes).map((set) => ({ subject, set })),
  }));
  const { store } = deps.signing.parts;
  const subjects = wanted.map(({ subject }) => subject);

  await deps.signing.inTurn(async (head) => {
    const [sequences, stored] = await Promise.all([store.sequencesOf(subjects), store.setsOf(subjects)]);
    const storedOf = bySubject(stored);
    const isNews = ({ subject, sequence }: { subject: Subject; sequence: number }) => {
      const known = sequences.get(subject) ?? 0;
      return again ? sequence >= known : sequence > known;
    };
    const pieces = wanted.filter(isNews).map(({ subject, sequence, sets }) => ({
      ...difference(storedOf.get(subject) ?? [], sets),
      publication: { subject, sequence },
    }));
    if (pieces.length > 0) await publish(deps.signing, head, pieces);
  });
}

function newestOf(contents: readonly BindingContent[]): Map<Subject, BindingContent> {
  const newest = new Map<Subject, BindingContent>();
  for (const content of contents) {
    const subject = subjectOf(content.identifier);
    if (content.sequence > (newest.get(subject)?.sequence ?? 0)) newest.set(subject, content);
  }
  return newest;
}

function bySubject(sets: readonly SignedSet[]): Map<Subject, SignedSet[]> {
  const groups = new Map<Subject, SignedSet[]>();
  for (const set of sets) groups.set(set.subject, [...(groups.get(set.subject) ?? []), set]);
  return groups;
}

/** What cannot be made into RRsets now never can. */
function recordsOfBinding(content: BindingContent, suffixes: Suffixes): RRset[] {
  try {
    return rrsetsOfBinding(content, suffixes);
  } catch (cause) {
    throw new CallbookError(callbookError(cause).code, 'the binding cannot be made into records', { cause });
  }
}
