import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { identityOf } from './process-identity.js';
import { root } from './workspace.js';

/** A parent that holds one child, which ignores the polite signal when told to. */
const parent = (script: string): string => `
  import { spawn } from 'node:child_process';
  import { hold } from ${JSON.stringify(path.join(import.meta.dirname, 'watchdog.ts'))};
  const child = spawn('/bin/sh', ['-c', ${JSON.stringify(script)}], { detached: true, stdio: 'ignore' });
  hold(child.pid, 'TERM');
  console.log(child.pid);
  setInterval(() => undefined, 1000);
`;

it.each([
  ['ends with its parent', 'sleep 60', 2_000],
  ['is killed when it does not listen', "trap '' TERM; while :; do sleep 1; done", 8_000],
])('what a killed process had started %s', async (_, script, withinMs) => {
  const dir = mkdtempSync(path.join(tmpdir(), 'callbook-watchdog-'));
  writeFileSync(path.join(dir, 'parent.ts'), parent(script));
  const dying = spawn(process.execPath, ['--import', '@swc-node/register/esm-register', path.join(dir, 'parent.ts')], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(dying.stdout, 'data')) as [Buffer];
  const child = Number(line.toString());
  expect(identityOf(child)).toBeDefined();

  dying.kill('SIGKILL');
  for (let waited = 0; identityOf(child) && waited < withinMs; waited += 50) await sleep(50);
  expect(identityOf(child)).toBeUndefined();
  rmSync(dir, { recursive: true });
});
