import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { sampleDirectory, sampleNow, sampleNumber } from '../attestations/sample-identity.js';
import { memoryBindings } from './memory-bindings.js';
import { publishBinding, type PublishDeps } from './publish-binding.js';
import { hashOf, sampleHolder, sampleStatement, type SampleHolder } from './sample-holder.js';

let holders: readonly SampleHolder[];
beforeAll(async () => {
  holders = await Promise.all([sampleHolder(), sampleHolder()]);
});

/**
 * What somebody tries: whose key, how far from the next sequence, which of the statements taken is named as `previous` (counted from the
 * newest; beyond the first: none), and what is published.
 */
interface Idea {
  readonly holder: number;
  readonly ahead: number;
  readonly back: number;
  readonly ttl: number;
}
interface Attempt {
  readonly holder: number;
  readonly sequence: number;
  readonly previous: string | undefined;
  readonly ttl: number;
}

const mostly = <T>(usual: T, ...others: T[]) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(usual) }, { weight: 2, arbitrary: fc.constantFrom(...others) });

const ideas = fc.array(
  fc.record({
    holder: mostly(0, 0, 0, 1),
    ahead: mostly(0, -3, -2, -1, -1, 1, 2),
    back: mostly(0, 1, 2, 99),
    ttl: fc.constantFrom(60, 120),
  }),
  { minLength: 1, maxLength: 20 },
);

const attemptOf = ({ holder, ahead, back, ttl }: Idea, taken: readonly string[]): Attempt => ({
  holder,
  sequence: Math.max(1, taken.length + 1 + ahead),
  // To repeat a statement is to name what it named.
  previous: ahead < 0 && back === 0 ? taken[taken.length - 1 + ahead] : taken[taken.length - 1 - back],
  ttl,
});

const statementOf = ({ sequence, previous, ttl }: Attempt): object =>
  sampleStatement({ sequence, ttl, ...(previous !== undefined && { previous }), attestation: 'YQ.YQ.YQ' });

/** The rule as one would tell it: the whole list of what was taken, and no words of the code. */
function expected(attempt: Attempt, hash: string, owner: number | undefined, taken: readonly string[]): string {
  if (owner !== undefined && owner !== attempt.holder) return 'NOT_THE_HOLDER';
  if (attempt.sequence <= taken.length) return taken[attempt.sequence - 1] === hash ? 'again' : 'SEQUENCE_CONFLICT';
  if (attempt.sequence > taken.length + 1) return 'SEQUENCE_CONFLICT';
  return attempt.previous === taken.at(-1) ? 'taken' : 'PREVIOUS_MISMATCH';
}

it('whatever is tried in whatever order, the chain is that of the model', async () => {
  const seen = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(ideas, async (tried) => {
      const bindings = memoryBindings();
      const deps: PublishDeps = {
        directory: sampleDirectory,
        clock: () => sampleNow,
        bindings,
        checkAttestation: async () => ({ method: 'sms', provedAt: 0 }),
        countersign: async ({ sequence }) => `a.${sequence}.b`,
        newEventId: () => `event-${bindings.events.length + 1}`,
        nudge: () => {},
      };
      const taken: string[] = [];
      let owner: number | undefined;
      for (const idea of tried) {
        const attempt = attemptOf(idea, taken);
        const statement = statementOf(attempt);
        const outcome = expected(attempt, hashOf(statement), owner, taken);
        const said = await publishBinding(deps, await holders[attempt.holder]!.request(statement)).then(
          ({ sequence, hash }) => {
            expect({ sequence, hash }).toEqual({ sequence: attempt.sequence, hash: hashOf(statement) });
            return bindings.events.length > taken.length ? 'taken' : 'again';
          },
          (error: { code: string }) => error.code,
        );
        seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
        expect(said).toBe(outcome);
        if (outcome === 'taken') {
          taken.push(hashOf(statement));
          owner = attempt.holder;
        }
        expect(bindings.events).toHaveLength(taken.length);
        expect((await bindings.current(sampleNumber))?.hash).toBe(taken.at(-1));
      }
      for (const [index, hash] of taken.entries())
        expect((await bindings.taken(sampleNumber, index + 1))?.hash).toBe(hash);
    }),
    { numRuns: 150 },
  );
  // A model that never sees an outcome says nothing about it.
  for (const outcome of ['taken', 'again', 'SEQUENCE_CONFLICT', 'PREVIOUS_MISMATCH', 'NOT_THE_HOLDER'])
    expect(seen.get(outcome), outcome).toBeGreaterThan(20);
});
