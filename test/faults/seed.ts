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

/** CALLBOOK_SEED, to repeat a run; else a new one. */
export const seedOfRun = (env: NodeJS.ProcessEnv = process.env): number =>
  env['CALLBOOK_SEED'] === undefined ? randomInt(2 ** 31) : Number(env['CALLBOOK_SEED']);
