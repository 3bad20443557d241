import { errorFields, type Log } from './log.js';

export interface Rounds {
  /** Begins no further round, and waits for the last one; whoever stops ends what the round is waiting for. */
  stop(): Promise<void>;
}

const shortest = 100;
const longest = 2_000;
/** A round that lasted this long had begun well, so that the next one may begin soon. */
const wellBegun = 5_000;

/**
 * Begins a round again whatever ended it: work that goes on for ever, through servers that come and go. The pause between rounds grows while
 * they fail at once. `event` is what the log calls a round that failed.
 */
export function repeat(event: string, log: Log, round: () => Promise<void>): Rounds {
  let stopped = false;
  let wake = () => {};
  const done = (async () => {
    let pause = shortest;
    while (!stopped) {
      const began = performance.now();
      try {
        await round();
      } catch (error) {
        if (!stopped) log.warn(event, errorFields(error));
      }
      if (stopped) break;
      pause = performance.now() - began > wellBegun ? shortest : Math.min(pause * 2, longest);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, pause);
        wake = () => (clearTimeout(timer), resolve());
      });
    }
  })();
  return {
    stop: async () => {
      stopped = true;
      wake();
      await done;
    },
  };
}
