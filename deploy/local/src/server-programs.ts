import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { unpackDebianPackages, type Unpacked } from './debian-packages.js';
import { SetupError } from './setup-error.js';
import { localDir, NOBODY, reachableByNobody } from './workspace.js';

export type ServerName = 'postgres' | 'redis' | 'nats';

export interface ServerProgram {
  readonly path: string;
  readonly env: NodeJS.ProcessEnv;
}

const debianPackage: Record<ServerName, string> = {
  postgres: 'postgresql',
  redis: 'redis-server',
  nats: 'nats-server',
};

/** Needed by packages' scripts, or by what is switched off (jit); together more than half of the download. */
const unneeded =
  /^(perl|libperl|libgdbm|libjson-perl|libllvm|libz3|locales$|libc-l10n|ssl-cert|openssl$|postgresql-common|postgresql-client|ucf$|sensible-utils|netbase|debconf)/;

/**
 * The system's own programs where it has them, else Debian's, unpacked beside the project. `CALLBOOK_LOCAL_UNPACK=1` leaves the
 * system's aside, as on a machine that has none.
 * @throws SetupError PROGRAM_MISSING, or why unpacking failed
 */
export async function serverPrograms(
  names: readonly ServerName[],
  progress?: (line: string) => void,
): Promise<Map<ServerName, ServerProgram>> {
  const programs = new Map<ServerName, ServerProgram>();
  const lacking: ServerName[] = []; // of all three, so that whoever asks for one and whoever asks for all share one folder
  for (const name of Object.keys(debianPackage) as ServerName[]) {
    const file = process.env['CALLBOOK_LOCAL_UNPACK'] ? undefined : onThisSystem(name);
    if (file) programs.set(name, { path: file, env: { ...process.env, LC_ALL: 'C.UTF-8' } });
    else lacking.push(name);
  }
  const missing = names.filter((name) => !programs.has(name));
  if (missing.length === 0) return programs;

  const unpacked = await unpackDebianPackages(
    lacking.map((name) => debianPackage[name]),
    { dir: debianDir(), leaveOut: unneeded, ...(progress ? { progress } : {}) },
  );
  for (const name of missing) {
    const file = inTree(name, unpacked);
    if (!file)
      throw new SetupError('PROGRAM_MISSING', `Debian's package ${debianPackage[name]} has no ${name} program`);
    programs.set(name, { path: file, env: unpacked.env });
  }
  return programs;
}

/** Where unpacked packages are kept. */
export function debianDir(): string {
  return path.join(postgresUser() === 'nobody' ? reachableByNobody(localDir) : localDir, 'debian');
}

function onThisSystem(name: ServerName): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(':').filter(Boolean);
  const found = (program: string): string | undefined =>
    folders.map((folder) => path.join(folder, program)).find(isExecutable);
  switch (name) {
    case 'nats':
      return found('nats-server') ?? ['/usr/sbin/nats-server'].find(isExecutable);
    case 'redis':
      return found('redis-server');
    case 'postgres': {
      // initdb, and the files it copies, are found relative to the real place of the program. Debian keeps it off the PATH.
      const linked = found('postgres');
      return [...(linked ? [realpathSync(linked)] : []), ...postgresUnder('/')].find((file) =>
        isExecutable(path.join(path.dirname(file), 'initdb')),
      );
    }
  }
}

function inTree(name: ServerName, tree: Unpacked): string | undefined {
  return name === 'postgres'
    ? postgresUnder(tree.root)[0]
    : tree.find(name === 'nats' ? 'nats-server' : 'redis-server');
}

/** Newest first. */
function postgresUnder(tree: string): string[] {
  const versions = path.join(tree, 'usr/lib/postgresql');
  if (!existsSync(versions)) return [];
  return readdirSync(versions)
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => path.join(versions, version, 'bin/postgres'))
    .filter(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const mapped = ['-U', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`];
let user: 'self' | 'namespace' | 'nobody' | undefined;

/**
 * PostgreSQL refuses to run as root. Root may take another user id in a user namespace of its own, where the files stay root's and any
 * folder will do; where namespaces are refused (a chroot, many containers) it runs as the real `nobody` on a folder under /var/tmp.
 */
export function postgresUser(): 'self' | 'namespace' | 'nobody' {
  user ??=
    process.getuid?.() !== 0 ? 'self' : spawnSync('unshare', [...mapped, 'true']).status === 0 ? 'namespace' : 'nobody';
  return user;
}

/** The same command, run as a user that PostgreSQL accepts. */
export function asPostgresUser(
  command: string,
  args: readonly string[],
): { command: string; args: string[]; user?: { uid: number; gid: number } } {
  switch (postgresUser()) {
    case 'self':
      return { command, args: [...args] };
    case 'namespace':
      return { command: 'unshare', args: [...mapped, command, ...args] };
    case 'nobody':
      return { command, args: [...args], user: { uid: NOBODY, gid: NOBODY } };
  }
}
