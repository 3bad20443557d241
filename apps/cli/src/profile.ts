import { generateAccountKey, importAccountKey, exportAccountKey, type AccountKey } from '@callbook/sdk';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';

/** Which directory to talk to, and how: a JSON file, so that a command line stays short. Paths in it are relative to it. */
const ProfileFile = z.strictObject({
  /** Origin of the API, as in `https://api.callbook.example`. */
  directory: z.url({ protocol: /^https$/ }),
  /** PEM file of the certificate authority to trust in place of the system's. */
  ca: z.string().optional(),
  /** DNS server that answers for the directory's zone. */
  dns: z.strictObject({ host: z.string(), port: z.int() }),
  /** File of the account's private keys; made when it is not there. */
  account: z.string().default('account.json'),
  /** A trial's inbox of text messages, so that nobody has to copy them by hand. */
  inbox: z.url().optional(),
});

export interface Profile {
  readonly directory: string;
  readonly ca: string | undefined;
  readonly dns: { readonly host: string; readonly port: number };
  readonly accountPath: string;
  readonly inbox: string | undefined;
}

export class ProfileError extends Error {
  override readonly name = 'ProfileError';
}

/** The profile named, or the nearest `.local/dev/profile.json` above this folder (a directory started with `npm start`), or the user's own. */
export function readProfile(named: string | undefined): Profile {
  const path =
    named ??
    process.env['CALLBOOK_PROFILE'] ??
    nearest(process.cwd()) ??
    join(homedir(), '.config/callbook/profile.json');
  if (!existsSync(path))
    throw new ProfileError(
      `no directory to talk to: ${path} is not there (is it running? \`npm start\` makes one, or name yours with --profile)`,
    );
  const parsed = ProfileFile.safeParse(JSON.parse(readFileSync(path, 'utf8')));
  if (!parsed.success) throw new ProfileError(`${path}: ${z.prettifyError(parsed.error)}`);
  const { directory, ca, dns, account, inbox } = parsed.data;
  const beside = (file: string) => resolve(dirname(path), file);
  return {
    directory,
    ca: ca === undefined ? undefined : readFileSync(beside(ca), 'utf8'),
    dns,
    accountPath: beside(account),
    inbox,
  };
}

function nearest(folder: string): string | undefined {
  const path = join(folder, '.local/dev/profile.json');
  if (existsSync(path)) return path;
  return dirname(folder) === folder ? undefined : nearest(dirname(folder));
}

/** The account's key; a new one is made, for its owner's eyes only, when there is none yet. */
export function accountKeyAt(path: string): AccountKey {
  if (existsSync(path))
    return importAccountKey(JSON.parse(readFileSync(path, 'utf8')) as Parameters<typeof importAccountKey>[0]);
  const key = generateAccountKey();
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, `${JSON.stringify(exportAccountKey(key), null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  return key;
}
