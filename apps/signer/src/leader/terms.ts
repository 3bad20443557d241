import { errorFields, type Log } from '@callbook/process';
import type { Name } from '@callbook/dns';
import { setTimeout as pause } from 'node:timers/promises';
import { UnusableKeys } from '../keys/zone-keys.js';
import { takeLeadership } from './leadership.js';

/** What a process is at a time: it waits for the database, stands by while another leads, begins to lead, or leads. */
export type LeaderState = 'waiting' | 'standing by' | 'beginning' | 'leading';

/** One time of having the lead, from the lock to its loss. Nothing of one term is of use in the next. */
export interface Term {
  /** Aborted when the term is over: whatever waits, waits in vain. */
  readonly signal: AbortSignal;
  /** Another may lead now. */
  end(reason: unknown): void;
  /** Runs when the term is over; last registered, first run. */
  onEnd(act: () => unknown): void;
}

const tryAgainAfter = 300;
/** What still hangs on a database that does not answer changes nothing when it goes on: its epoch is over. */
const stopWithin = 10_000;

/**
 * Leads whenever it can, for as long as the process runs: takes the lock, begins a term, and when that is over (the lock lost, another epoch
 * begun, the database gone) lets go of all that belongs to it and stands by again. Safe without an end of the process because a term shares
 * nothing with the one before: every term reads the database anew under an epoch of its own, and what is left over from an older one can
 * neither commit (epoch) nor append (expected sequence).
 *
 * `begin` resolves when it leads; whatever it throws ends the term, and another is tried. Errors: UnusableKeys, for which there is no other try.
 */
export function leadInTerms(
  deps: {
    readonly databaseUrl: string;
    readonly zone: Name;
    readonly log: Log;
    readonly onState: (state: LeaderState) => void;
  },
  begin: (term: Term) => Promise<void>,
): { stop(): Promise<void> } {
  const { databaseUrl, zone, log, onState } = deps;
  const stopping = new AbortController();

  const lead = async () => {
    onState('waiting');
    const standBy = () => onState('standing by');
    const leadership = await takeLeadership({ databaseUrl, log, standBy }, zone, stopping.signal);
    onState('beginning');
    const term = new OneTerm();
    leadership.onLost(() => term.end('the lock is lost'));
    const stopped = () => term.end('the process ends');
    stopping.signal.addEventListener('abort', stopped, { once: true });
    try {
      const began = begin(term).then(() => {
        if (!term.signal.aborted) onState('leading');
      });
      await Promise.race([began, term.over]);
      await term.over;
      if (!stopping.signal.aborted) log.warn('term.over', reasonOf(term.signal.reason));
    } catch (error) {
      if (error instanceof UnusableKeys) throw error;
      if (!stopping.signal.aborted) log.warn('term.failed', errorFields(error));
    } finally {
      stopping.signal.removeEventListener('abort', stopped);
      onState('waiting');
      term.end('it could not begin');
      const acts = term.stop(log);
      const inTime = await Promise.race([acts.then(() => true), pause(stopWithin, false, { ref: false })]);
      if (!inTime) log.warn('term.abandoned');
      await leadership.end();
    }
  };

  const done = (async () => {
    while (!stopping.signal.aborted) {
      await lead().catch((error: unknown) => {
        if (!stopping.signal.aborted) throw error;
      });
      if (!stopping.signal.aborted) await pause(tryAgainAfter);
    }
  })();
  return {
    stop: async () => {
      stopping.abort();
      await done;
    },
  };
}

class OneTerm implements Term {
  private readonly controller = new AbortController();
  private readonly acts: (() => unknown)[] = [];
  private stopped = false;
  /** Resolves when the term is over. */
  readonly over: Promise<void>;

  constructor() {
    this.over = new Promise((resolve) => this.signal.addEventListener('abort', () => resolve(), { once: true }));
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  end(reason: unknown): void {
    this.controller.abort(reason instanceof Error ? reason : new Error(String(reason)));
  }

  onEnd(act: () => unknown): void {
    // What a beginning makes after the end of its term is let go at once.
    if (this.stopped)
      void Promise.resolve()
        .then(act)
        .catch(() => {});
    else this.acts.push(act);
  }

  async stop(log: Log): Promise<void> {
    this.stopped = true;
    for (const act of this.acts.splice(0).reverse())
      await Promise.resolve()
        .then(act)
        .catch((error: unknown) => log.warn('term.stop_failed', errorFields(error)));
  }
}

const reasonOf = (reason: unknown) => ({ reason: reason instanceof Error ? reason.message : String(reason) });
