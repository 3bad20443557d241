import { readdirSync, readFileSync } from 'node:fs';

/** A process and all that came from it (proc(5)): servers that fork do their work in children. */
export function processTree(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8');
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
      children.set(parent, [...(children.get(parent) ?? []), Number(entry)]);
    } catch {
      // it has just ended
    }
  }
  const tree: number[] = [];
  for (const waiting = [root]; waiting.length > 0;) {
    const pid = waiting.pop()!;
    tree.push(pid);
    waiting.push(...(children.get(pid) ?? []));
  }
  return tree;
}

/** Seconds of CPU time that the processes have used, in user and kernel mode (proc(5): fields 14 and 15, in hundredths). */
export function cpuSeconds(pids: readonly number[]): number {
  let ticks = 0;
  for (const pid of pids) {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks / 100;
}

/** Resident octets of the processes; pages that several of them share are counted once (proc(5): smaps_rollup). */
export function residentOctets(pids: readonly number[]): number {
  let kibibytes = 0;
  for (const pid of pids)
    kibibytes += Number(/^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
  return kibibytes * 1_024;
}
