import { callbookError, type BindingContent, type ClientOf, type records } from '@callbook/contracts';
import { errorFields, type Log } from '@callbook/process';
import type { Suffixes } from '../bindings/rrsets-of-binding.js';
import { signBindings } from '../publish/sign-bindings.js';
import type { SigningZone } from '../publish/signing-zone.js';
import { subjectOf } from '../zone/subject.js';

/** What making good needs of `records`. */
export type BindingSource = Pick<ClientOf<typeof records>, 'binding.export'>;

export interface Reconciled {
  readonly bindings: number;
  /** Bindings of which the zone had an older sequence, or none. */
  readonly behind: number;
  /** Bindings that cannot be made into RRsets. */
  readonly refused: number;
}

const pageSize = 500;

/** All bindings of `records`, a page at a time. */
export async function* exportedBindings(source: BindingSource): AsyncGenerator<readonly BindingContent[]> {
  let after: string | undefined;
  do {
    const page = await source['binding.export']({ ...(after !== undefined && { after }), limit: pageSize });
    yield page.bindings;
    after = page.next;
  } while (after !== undefined);
}

/**
 * Makes good what lost events left undone: compares the sequence of every binding that `records` holds, and signs those that are behind.
 * `again`: signs all of them, for rules that changed; what comes out the same costs no signature.
 */
export async function reconcile(
  deps: {
    readonly signing: SigningZone;
    readonly source: BindingSource;
    readonly suffixes: Suffixes;
    readonly log: Log;
  },
  { again = false } = {},
): Promise<Reconciled> {
  let [bindings, behind, refused] = [0, 0, 0];
  for await (const page of exportedBindings(deps.source)) {
    const known = await deps.signing.parts.store.sequencesOf(page.map(({ identifier }) => subjectOf(identifier)));
    const late = page.filter(({ identifier, sequence }) => sequence > (known.get(subjectOf(identifier)) ?? 0));
    bindings += page.length;
    behind += late.length;
    refused += await signAll(deps, again ? page : late, again);
  }
  const result = { bindings, behind, refused };
  if (behind + refused > 0) deps.log.warn('zone.reconciled', result);
  return result;
}

/** One binding that cannot be signed does not keep back the others. Returns how many could not. */
async function signAll(
  deps: Parameters<typeof reconcile>[0],
  contents: readonly BindingContent[],
  again: boolean,
): Promise<number> {
  if (contents.length === 0) return 0;
  try {
    await signBindings(deps, contents, { again });
    return 0;
  } catch (error) {
    if (callbookError(error).retry === 'later') throw error;
    if (contents.length === 1) {
      deps.log.error('binding.refused', errorFields(error));
      return 1;
    }
    let refused = 0;
    for (const content of contents) refused += await signAll(deps, [content], again);
    return refused;
  }
}
