import { DnsTimeoutError, lookup, type DnsServer, type Found, type LookupDeps } from '@callbook/sdk';
import { setTimeout as pause } from 'node:timers/promises';
import type { Account, Ledger } from './ledger.js';
import { uriOf } from './person.js';
import type { Chance } from './seed.js';
import type { Supervised } from './supervisor.js';

export interface Replica {
  readonly server: DnsServer;
  readonly supervised: Supervised;
}

export type LookUp = (number: string, server: DnsServer) => Promise<Found>;

export interface LookupWatch {
  /** What no validating client may ever see. */
  readonly faults: readonly string[];
  readonly outcomes: ReadonlyMap<string, number>;
  stop(): Promise<void>;
}

/**
 * Looks numbers up at replicas all the time, and validates: those of people who were told that it is served, and one that nobody has. A
 * replica that is down may not answer; whoever answers must be right.
 */
export function watchLookups(deps: {
  readonly replicas: readonly Replica[];
  readonly ledger: Ledger;
  readonly chance: Chance;
  readonly look: LookUp;
  /** Numbers of nobody. */
  readonly strangers: readonly string[];
}): LookupWatch {
  const faults: string[] = [];
  const outcomes = new Map<string, number>();
  let stopped = false;

  const once = async () => {
    const replica = deps.chance.of(deps.replicas);
    const served = deps.ledger.all().filter((account) => account.served > 0);
    const account = served.length > 0 && deps.chance.fraction() < 0.8 ? deps.chance.of(served) : undefined;
    const number = account?.number ?? deps.chance.of(deps.strangers);
    const promised = account?.served ?? 0;
    const began = performance.now();
    const found = await deps.look(number, replica.server).catch((error: unknown) => error as Error);
    const ready = replica.supervised.upThroughout(began);
    const outcome = account ? outcomeOf(found, account, promised) : outcomeOfStranger(found);
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    const excused = !ready && /^(no answer|SERVFAIL)$/.test(outcome);
    if (!['right', 'no answer'].includes(outcome) && !excused)
      faults.push(`${replica.supervised.program.name}: ${outcome}`);
  };

  const done = (async () => {
    while (!stopped) {
      await once();
      await pause(40);
    }
  })();
  return {
    faults,
    outcomes,
    stop: async () => {
      stopped = true;
      await done;
    },
  };
}

function outcomeOf(found: Found | Error, account: Account, promised: number): string {
  const before = withoutContent(found);
  if (before !== undefined) return before;
  if (!('routes' in found)) return `not found, though sequence ${promised} was served`;
  const sequence =
    account.attempted.findIndex(({ sequence: n }) => uriOf(account.number, n) === found.routes[0]?.uri) + 1;
  if (sequence === 0) return 'something that nobody published';
  return sequence >= promised ? 'right' : `sequence ${sequence}, though ${promised} was served`;
}

function outcomeOfStranger(found: Found | Error): string {
  return withoutContent(found) ?? ('routes' in found ? 'found, though it is nobody’s' : 'right');
}

function withoutContent(found: Found | Error): string | undefined {
  if (found instanceof Error)
    return found instanceof DnsTimeoutError || /ECONNREFUSED|ECONNRESET/.test(String(found))
      ? 'no answer'
      : String(found);
  if (found.status === 'bogus') return found.reason === 'SERVER_FAILED' ? 'SERVFAIL' : `BOGUS (${found.reason})`;
  return found.status === 'insecure' ? 'insecure' : undefined;
}

export const lookUpWith =
  (deps: Omit<LookupDeps, 'exchange'>, exchange: (server: DnsServer) => LookupDeps['exchange']): LookUp =>
  (number, server) =>
    lookup(`tel:${number}`, { ...deps, exchange: exchange(server) });
