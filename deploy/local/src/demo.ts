import type { Callbook } from './up.js';

export interface DemoStep {
  readonly name: string;
  readonly ms: number;
  readonly ok: boolean;
  /** What was seen, or why it failed. */
  readonly seen: string;
}

export interface DemoResult {
  readonly ok: boolean;
  readonly steps: readonly DemoStep[];
}

/** Runs one step and hands its result on; `seen` puts it into words. */
export type Step = <T>(name: string, work: () => Promise<T>, seen: (result: T) => string) => Promise<T>;

/** The main job as a new user sees it, over the same public ways: a list of steps, each timed; the first that fails ends it. */
export async function runDemo(
  callbook: Callbook,
  story: (callbook: Callbook, step: Step) => Promise<void>,
  report: (line: string) => void,
): Promise<DemoResult> {
  const steps: DemoStep[] = [];
  const record = (one: DemoStep): void => {
    steps.push(one);
    report(`${one.ok ? '✓' : '✗'} ${one.name} (${one.ms} ms): ${one.seen}`);
  };
  const step: Step = async (name, work, seen) => {
    const start = performance.now();
    const ms = (): number => Math.round(performance.now() - start);
    try {
      const result = await work();
      record({ name, ms: ms(), ok: true, seen: seen(result) });
      return result;
    } catch (error) {
      record({ name, ms: ms(), ok: false, seen: error instanceof Error ? error.message : String(error) });
      throw error;
    }
  };
  try {
    await story(callbook, step);
  } catch (error) {
    if (steps.every(({ ok }) => ok))
      record({ name: 'the demonstration itself', ms: 0, ok: false, seen: String(error) });
  }
  return { ok: steps.length > 0 && steps.every(({ ok }) => ok), steps };
}
