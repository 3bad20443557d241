import type { Bindings, Current, NewStatement, TakenStatement } from './bindings.js';

/** Bindings in memory, for tests of what is built on them; held to the same behaviour as those in PostgreSQL. */
export interface MemoryBindings extends Bindings {
  /** Message ids of the events, in order. */
  readonly events: readonly string[];
  /** All of it, to see whether something changed. */
  everything(): unknown;
}

export function memoryBindings(): MemoryBindings {
  const heads = new Map<string, { current: Current; next: NewStatement }>();
  const history = new Map<string, TakenStatement>();
  const events: string[] = [];
  const placeOf = (identifier: string, sequence: number) => `${sequence} ${identifier}`;
  return {
    events,
    current: async (identifier) => heads.get(identifier)?.current,
    taken: async (identifier, sequence) => history.get(placeOf(identifier, sequence)),
    take: async (next) => {
      const { statement, previous } = next;
      const { identifier, account, sequence, hash } = statement;
      const head = heads.get(identifier)?.current;
      const follows =
        previous === undefined
          ? head === undefined
          : head?.account === account && head.sequence === sequence - 1 && head.hash === previous;
      if (!follows) return false;
      const proved = head?.proved ?? next.proved;
      heads.set(identifier, { current: { account, sequence, hash, proved, statement }, next });
      history.set(placeOf(identifier, sequence), statement);
      events.push(next.eventId);
      return true;
    },
    page: async (after, limit) =>
      [...heads]
        .filter(
          ([identifier]) => after === undefined || Buffer.compare(Buffer.from(identifier), Buffer.from(after)) > 0,
        )
        .sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
        .slice(0, limit)
        .map(([, { next }]) => next.content),
    everything: () => structuredClone({ heads: [...heads], history: [...history], events }),
  };
}
