import { spawn, type ChildProcess } from 'node:child_process';

/**
 * A shell that reads which processes we started and, when its input ends, stops them: the kernel closes our end of the pipe however
 * we die, kill -9 included. One a process, a session of its own, so that neither Ctrl-C nor a killed process group takes it along.
 * It cannot confuse a process with a later one of the same number as long as we tell it of each exit, which `release` does.
 */
const script = `
held=''
trap '' INT TERM HUP
while read -r verb pid signal; do
  case $verb in
    hold) held="$held $pid:$signal" ;;
    release) kept=''; for entry in $held; do [ "\${entry%%:*}" = "$pid" ] || kept="$kept $entry"; done; held=$kept ;;
  esac
done
for entry in $held; do kill -s "\${entry#*:}" "\${entry%%:*}" 2>/dev/null; kill -s CONT "\${entry%%:*}" 2>/dev/null; done
tries=0
while [ $tries -lt 50 ]; do
  alive=''
  for entry in $held; do kill -0 "\${entry%%:*}" 2>/dev/null && alive="$alive $entry"; done
  [ -n "$alive" ] || exit 0
  sleep 0.1; tries=$((tries + 1))
done
for entry in $alive; do kill -s KILL "\${entry%%:*}" 2>/dev/null; done
`;

let shell: ChildProcess | undefined;

function tell(line: string): void {
  if (!shell || shell.exitCode !== null || shell.signalCode !== null) {
    shell = spawn('/bin/sh', ['-c', script], { stdio: ['pipe', 'ignore', 'ignore'], detached: true, cwd: '/' });
    shell.unref();
    shell.stdin?.on('error', () => undefined);
    (shell.stdin as unknown as { unref?: () => void }).unref?.();
  }
  shell.stdin?.write(`${line}\n`);
}

/** From now on `pid` ends with this process at the latest, by `signal` (without SIG) and, five seconds later, by KILL. */
export const hold = (pid: number, signal: string): void => tell(`hold ${pid} ${signal}`);

/** `pid` has ended. */
export const release = (pid: number): void => tell(`release ${pid}`);
