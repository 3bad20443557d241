import { chanceOf } from '../../faults/seed.js';

/** Numbers that a seed repeats exactly. */
export class Random {
  /** In [0, 1). */
  readonly fraction: () => number;

  constructor(seed: number) {
    this.fraction = chanceOf(seed).fraction;
  }

  /** An integer in [0, below). */
  below(below: number): number {
    return Math.floor(this.fraction() * below);
  }

  /** An integer in [from, to]. */
  between(from: number, to: number): number {
    return from + this.below(to - from + 1);
  }

  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  pick<T>(from: readonly T[]): T {
    if (from.length === 0) throw new Error('nothing to pick from');
    return from[this.below(from.length)]!;
  }

  /** `count` of them, or all, in random order. */
  some<T>(from: readonly T[], count: number): T[] {
    const left = [...from];
    const taken: T[] = [];
    while (taken.length < count && left.length > 0) taken.push(...left.splice(this.below(left.length), 1));
    return taken;
  }

  octets(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.below(256));
  }

  /** A generator of its own, so that one more draw here changes nothing there. */
  split(): Random {
    return new Random(this.below(4_294_967_296));
  }
}
