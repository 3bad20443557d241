import { closeSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identityOf, isRunning, type ProcessIdentity } from './process-identity.js';

/** Runs `work` while no other process (nor another call in this one) holds `file`. A holder that died loses it. */
export async function withFileLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  mkdirSync(path.dirname(file), { recursive: true });
  while (!tryCreate(file)) {
    removeIfAbandoned(file);
    await sleep(50);
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

function tryCreate(file: string): boolean {
  try {
    const handle = openSync(file, 'wx');
    writeSync(handle, JSON.stringify(identityOf(process.pid)));
    closeSync(handle);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Two who both see a dead holder must not both delete: the second would delete the first one's fresh lock. So the look and the
 * deletion happen under a second lock, held for microseconds; that one counts as abandoned by its age.
 */
function removeIfAbandoned(file: string): void {
  const breaker = `${file}.breaking`;
  if (!isAbandoned(file)) return;
  if (!tryCreate(breaker)) {
    if (ageOf(breaker) > 10_000) rmSync(breaker, { force: true });
    return;
  }
  if (isAbandoned(file)) rmSync(file, { force: true });
  rmSync(breaker, { force: true });
}

function isAbandoned(file: string): boolean {
  try {
    return !isRunning(JSON.parse(readFileSync(file, 'utf8')) as ProcessIdentity);
  } catch {
    return ageOf(file) > 10_000; // empty: its maker is between open and write, or died there
  }
}

function ageOf(file: string): number {
  try {
    return Date.now() - statSync(file).mtimeMs;
  } catch {
    return 0;
  }
}
