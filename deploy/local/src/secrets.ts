import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Passwords and keys of one data folder, made when first asked for and kept in a file that only its owner may read. */
export interface Secrets {
  readonly file: string;
  /** base64url of `octets` random octets (24 unless told). */
  of(name: string, octets?: number): string;
}

export function openSecrets(file: string): Secrets {
  const known = read(file);
  return {
    file,
    of(name, octets = 24) {
      const existing = known[name];
      if (existing !== undefined) return existing;
      const made = randomBytes(octets).toString('base64url');
      known[name] = made;
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(`${file}.new`, `${JSON.stringify(known, null, 2)}\n`, { mode: 0o600 });
      renameSync(`${file}.new`, file);
      return made;
    },
  };
}

function read(file: string): Record<string, string> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}
