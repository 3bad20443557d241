import { cpSync, mkdirSync } from 'node:fs';
import path from 'node:path';

/** Copies the logs of processes that run in `dir` to where they outlive the test. Returns where that is. */
export function keepLogs(dir: string, name: string): string {
  const kept = path.resolve(import.meta.dirname, '../../.local/faults', name);
  mkdirSync(kept, { recursive: true });
  cpSync(path.join(dir, 'logs'), kept, { recursive: true });
  return kept;
}
