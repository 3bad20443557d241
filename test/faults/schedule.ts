import type { Chance } from './seed.js';

export const targets = [
  'gateway',
  'identity',
  'records',
  'signer',
  'lookup-1',
  'lookup-2',
  'nats',
  'redis',
  'postgres',
] as const;
export type Target = (typeof targets)[number];

/** `kill`: SIGKILL, and a fresh start after `lasts`. `stop`: SIGSTOP, and SIGCONT after `lasts`. Milliseconds. */
export interface Fault {
  readonly at: number;
  readonly target: Target;
  readonly how: 'kill' | 'stop';
  readonly lasts: number;
}

/**
 * Faults spread over `duration`, every target once in each round and in another order each time. They overlap now and then: what fails
 * together is what a single fault does not show.
 */
export function scheduleOf(chance: Chance, duration: number, rounds: number): Fault[] {
  const order = Array.from({ length: rounds }, () => chance.shuffled(targets)).flat();
  const room = duration / order.length;
  return order.map((target, index) => {
    // The postmaster's children do not stop with it, so that stopping it shows nothing.
    const how = target !== 'postgres' && chance.fraction() < 0.25 ? 'stop' : 'kill';
    return {
      at: Math.round((index + chance.fraction()) * room),
      target,
      how,
      lasts: how === 'stop' ? chance.between(200, 4_000) : chance.between(0, 1_500),
    };
  });
}
