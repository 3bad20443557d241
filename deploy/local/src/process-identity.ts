import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A process number alone is reused by the system; with the start time it names one process for ever. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly started: string;
}

/** Undefined when no such process runs (a zombie has stopped running). */
export function identityOf(pid: number): ProcessIdentity | undefined {
  try {
    if (process.platform !== 'linux') {
      const started = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
      return started ? { pid, started } : undefined;
    }
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // proc(5): "pid (name) state …"; the name may itself hold spaces and brackets, so the fields are counted after the last bracket.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : { pid, started: fields[19] ?? '' };
  } catch {
    return undefined;
  }
}

export function isRunning(identity: ProcessIdentity): boolean {
  return identityOf(identity.pid)?.started === identity.started;
}
