import { bindingsStream } from '@callbook/contracts';
import { errorFields, managerOf } from '@callbook/process';
import type { NatsConnection } from '@nats-io/transport-node';
import { rulesOf } from '../bindings/rrsets-of-binding.js';
import { purgeJournal } from '../feed/level.js';
import type { SigningMetrics } from '../signing-metrics.js';
import { rulesUnknown } from '../zone/zone-store.js';
import { reconcile, type Reconciled } from './reconcile.js';

export interface Reconciling {
  /** Looks soon whether there is anything to make good. */
  nudge(): void;
  /** Compares now, whatever there is. */
  now(): Promise<Reconciled>;
  stop(): Promise<void>;
}

const tryAgainAfter = 2_000;

/**
 * Reconciles at start, until it has worked once, and again whenever the stream of binding events has been made anew (what the old one held
 * and we had not read is gone), or the zone has left its journal.
 */
export function keepReconciled(
  deps: Parameters<typeof reconcile>[0] & { readonly nats: NatsConnection; readonly measured: SigningMetrics },
  lookEvery: number,
): Reconciling {
  const { store } = deps.signing.parts;
  const rules = rulesOf(deps.suffixes);
  let reconciledWith: string | undefined;
  let stopped = false;
  let wake = () => {};

  const now = async () => {
    const before = (await store.head()).rules;
    const again = before !== rules;
    const result = await reconcile(deps, { again });
    deps.measured.refused.set(result.refused);
    if (before === rulesUnknown) await purgeJournal(deps.signing);
    if (again) await store.setRules(rules);
    return result;
  };

  const look = async () => {
    const stream = await (await managerOf(deps.nats)).streams.info(bindingsStream.name);
    if (stream.created === reconciledWith && (await store.head()).rules === rules) return;
    await now();
    reconciledWith = stream.created;
  };

  const done = (async () => {
    while (!stopped) {
      const worked = await look().then(
        () => true,
        (error: unknown) => {
          if (!stopped) deps.log.warn('reconciliation.waits', errorFields(error));
          return false;
        },
      );
      if (stopped) break;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, worked ? lookEvery : tryAgainAfter);
        wake = () => (clearTimeout(timer), resolve());
      });
    }
  })();

  return {
    nudge: () => wake(),
    now,
    stop: async () => {
      stopped = true;
      wake();
      await done;
    },
  };
}
