import { randomInt } from 'node:crypto';

/** Numbers that look random and come again with the same seed: mulberry32. */
export interface Chance {
  /** At least 0, below 1. */
  fraction(): number;
  /** A whole number, at least `from`, below `to`. */
  between(from: number, to: number): number;
  of<T>(items: readonly T[]): T;
  shuffled<T>(items: readonly T[]): T[];
}

export function chanceOf(seed: number): Chance {
  let state = seed >>> 0;
  const fraction = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (from: number, to: number) => from + Math.floor(fraction() * (to - from));
  return {
    fraction,
    between,
    of: (items) => items[between(0, items.length)]!,
    shuffled: (items) => {
      const rest = [...items];
      return items.map(() => rest.splice(between(0, rest.length), 1)[0]!);
    },
  };
}

/** `npm test` says of a change whether it broke something, and so does the same each time. */
const always = 1_706_194_472;

/** CALLBOOK_SEED, to repeat a run; a new one for `npm run conformance`; else always the same. */
export function seedOfRun(env: NodeJS.ProcessEnv = process.env): number {
  if (env['CALLBOOK_SEED'] !== undefined) return Number(env['CALLBOOK_SEED']);
  return env['CALLBOOK_CONFORMANCE'] === 'whole' ? randomInt(2 ** 31) : always;
}
