import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { SetupError } from './setup-error.js';

/** The clone: three folders above both src and dist. */
export const root = path.resolve(import.meta.dirname, '../../..');

/** Everything that running and testing leave behind: unpacked packages, data, logs, stamps. Git-ignored. */
export const localDir = path.resolve(process.env['CALLBOOK_LOCAL_DIR'] ?? path.join(root, '.local'));

export const NOBODY = 65534;

/**
 * A folder that `nobody` can reach, for what belongs in `dir`: above `dir` there may be one, such as /root, that only its owner may enter.
 * Its name can be foreseen by others on this machine, so one that is not ours alone is refused.
 */
export function reachableByNobody(dir: string): string {
  const folder = path.join('/var/tmp', `callbook-${createHash('sha256').update(dir).digest('hex').slice(0, 16)}`);
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  const stat = lstatSync(folder);
  if (!stat.isDirectory() || stat.uid !== process.getuid?.() || (stat.mode & 0o022) !== 0) {
    throw new SetupError('DATA_UNUSABLE', `${folder} belongs to someone else`, 'remove it');
  }
  return folder;
}
