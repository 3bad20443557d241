import { execFile, type ExecFileException } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { baseSystem } from './debian-base.js';
import { withFileLock } from './file-lock.js';
import { SetupError } from './setup-error.js';

export interface Unpacked {
  /** What would be `/` had the packages been installed. */
  readonly root: string;
  /** The caller's environment with the programs and libraries of `root` in front. */
  readonly env: NodeJS.ProcessEnv;
  /** The first of /usr/sbin, /usr/bin, /sbin, /bin that has it. */
  find(program: string): string | undefined;
}

export interface UnpackOptions {
  /** Holds one folder for each set of packages. */
  readonly dir: string;
  /** Packages of the dependency closure that the programs run without. */
  readonly leaveOut?: RegExp;
  /** Free space needed, in octets. */
  readonly space?: number;
  readonly progress?: (line: string) => void;
}

const layout = 1; // part of each folder's name: raise it when what unpacking does changes

/**
 * Debian's packages and what they need beyond its base system, downloaded and unpacked without root: nothing is installed, no
 * service is started, and no script of a package runs. A second call finds the folder and does nothing.
 * @throws SetupError NOT_DEBIAN, NO_NETWORK, NO_SPACE, PACKAGE_UNKNOWN, UNPACK_FAILED
 */
export async function unpackDebianPackages(packages: readonly string[], options: UnpackOptions): Promise<Unpacked> {
  const architecture = await architectureOf(packages);
  const wanted = [...packages].sort();
  const key = createHash('sha256')
    .update(JSON.stringify([layout, architecture, wanted, options.leaveOut?.source, debianVersion()]))
    .digest('hex')
    .slice(0, 12);
  const folder = path.join(options.dir, key);
  if (!existsSync(folder)) {
    await withFileLock(path.join(options.dir, `${key}.lock`), async () => {
      if (existsSync(folder)) return; // whoever held the lock made it
      await fetchInto(folder, wanted, options);
    });
  }
  return unpacked(path.join(folder, 'root'));
}

async function architectureOf(packages: readonly string[]): Promise<string> {
  try {
    await run('apt-get', ['--version']);
    return (await run('dpkg', ['--print-architecture'])).trim();
  } catch {
    throw new SetupError(
      'NOT_DEBIAN',
      `${packages.join(', ')}: fetched from Debian's packages, which this system has not (no apt-get or dpkg)`,
      'install them by this system’s own means so that they are on the PATH',
    );
  }
}

function debianVersion(): string {
  try {
    return readFileSync('/etc/debian_version', 'utf8').trim().split('.')[0] ?? '';
  } catch {
    return '';
  }
}

async function fetchInto(folder: string, packages: readonly string[], options: UnpackOptions): Promise<void> {
  const space = options.space ?? 400e6;
  const disk = statfsSync(options.dir);
  if (disk.bavail * disk.bsize < space) {
    throw new SetupError(
      'NO_SPACE',
      `${options.dir} has ${Math.floor((disk.bavail * disk.bsize) / 1e6)} MB free, unpacking needs ${Math.floor(space / 1e6)} MB`,
      'make room, or put the data elsewhere with CALLBOOK_LOCAL_DIR=…',
    );
  }
  for (const name of readdirSync(options.dir).filter((entry) => entry.startsWith(`${path.basename(folder)}.part-`))) {
    rmSync(path.join(options.dir, name), { recursive: true, force: true }); // of a run that was killed: we hold the lock
  }
  const part = `${folder}.part-${randomUUID().slice(0, 8)}`;
  try {
    const apt = ownApt(part);
    options.progress?.(`fetching ${packages.join(', ')} from Debian's packages`);
    await apt.update();
    const names = (await apt.closure(packages)).filter((name) => !options.leaveOut?.test(name));
    const archives = await apt.download(names);
    mkdirSync(path.join(part, 'root'));
    for (const archive of archives) await run('dpkg-deb', ['-x', archive, path.join(part, 'root')]);
    for (const leftover of ['lists', 'cache', 'status', 'apt.conf'])
      rmSync(path.join(part, leftover), { recursive: true });
    writeFileSync(path.join(part, 'packages.txt'), archives.map((archive) => `${path.basename(archive)}\n`).join(''));
    renameSync(part, folder);
  } catch (error) {
    throw asSetupError(error, packages);
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
}

interface Apt {
  update(): Promise<void>;
  closure(packages: readonly string[]): Promise<string[]>;
  download(names: readonly string[]): Promise<string[]>;
}

/**
 * apt with lists, cache and package state of its own, so that it needs no rights and sees the same base system on every machine,
 * whatever else is installed there. The machine's sources and proxies stay in force; its hooks (which tell desktop services, or delete
 * archives) do not: they are cleared in a file given by -c, the only one that apt reads after its own.
 */
function ownApt(part: string): Apt {
  const archives = path.join(part, 'cache/archives');
  for (const folder of ['lists/partial', 'cache/archives/partial'])
    mkdirSync(path.join(part, folder), { recursive: true });
  writeFileSync(path.join(part, 'status'), baseSystem(readFileSync('/var/lib/dpkg/status', 'utf8')));
  writeFileSync(
    path.join(part, 'apt.conf'),
    `Dir::State::Lists "${part}/lists";
Dir::Cache "${part}/cache";
Dir::State::status "${part}/status";
Debug::NoLocking "1";
APT::Sandbox::User "";
Acquire::Languages "none";
Acquire::Retries "2";
Acquire::http::Timeout "20";
Acquire::https::Timeout "20";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
`,
  );
  let complaints = '';
  const apt = (...args: string[]): Promise<string> =>
    run('apt-get', ['-q', '-c', path.join(part, 'apt.conf'), ...args], {
      cwd: archives,
      env: { ...process.env, LC_ALL: 'C.UTF-8' },
    });
  return {
    async update() {
      await run('apt-get', ['-q', '-c', path.join(part, 'apt.conf'), 'update'], {
        report: (stderr) => (complaints = stderr),
      });
    },
    async closure(packages) {
      const listing = await apt('install', '-y', '--no-install-recommends', '--print-uris', ...packages).catch(
        (error: unknown) => {
          // An update that reached no server succeeds, with warnings, and knows no package.
          throw error instanceof CommandFailed ? new CommandFailed('apt-get', `${error.stderr}\n${complaints}`) : error;
        },
      );
      return [...listing.matchAll(/^'\S+' ([^_\s]+)_\S+ /gm)].map((match) => match[1] ?? '');
    },
    async download(names) {
      await apt('download', ...names);
      return readdirSync(archives)
        .filter((file) => file.endsWith('.deb'))
        .sort()
        .map((file) => path.join(archives, file));
    },
  };
}

function unpacked(root: string): Unpacked {
  const existing = (...folders: string[]): string[] =>
    folders.map((folder) => path.join(root, folder)).filter((folder) => existsSync(folder));
  const triplets = existing('usr/lib').flatMap((lib) =>
    readdirSync(lib).filter((name) => /^[a-z0-9_]+-linux-gnu[a-z0-9]*$/.test(name)),
  );
  const libraries = existing(...triplets.flatMap((triplet) => [`usr/lib/${triplet}`, `lib/${triplet}`]), 'usr/lib');
  const programs = existing('usr/sbin', 'usr/bin', 'sbin', 'bin');
  const joined = (folders: string[], variable: string): string =>
    [...folders, process.env[variable]].filter(Boolean).join(':');
  return {
    root,
    env: {
      ...process.env,
      PATH: joined(programs, 'PATH'),
      LD_LIBRARY_PATH: joined(libraries, 'LD_LIBRARY_PATH'),
      LC_ALL: 'C.UTF-8',
    },
    find: (program) => programs.map((folder) => path.join(folder, program)).find((file) => existsSync(file)),
  };
}

function asSetupError(error: unknown, packages: readonly string[]): unknown {
  if (error instanceof SetupError) return error;
  const said = error instanceof CommandFailed ? error.stderr : error instanceof Error ? error.message : String(error);
  const brief = said.trim().split('\n').slice(-4).join('\n  ');
  const what = packages.join(', ');
  if (/ENOSPC|No space left/i.test(said))
    return new SetupError('NO_SPACE', `no room to unpack ${what}`, 'make room and start again');
  if (
    /Temporary failure|Could not resolve|Could not connect|Failed to fetch|timed out|Network is unreachable/i.test(said)
  ) {
    return new SetupError(
      'NO_NETWORK',
      `cannot reach Debian's packages for ${what}:\n  ${brief}`,
      'check the network (and the proxy, if there is one), then start again',
    );
  }
  if (/Unable to locate package|has no installation candidate/.test(said)) {
    return new SetupError(
      'PACKAGE_UNKNOWN',
      `Debian's packages here do not have ${what}:\n  ${brief}`,
      'are the main archive’s sources configured (/etc/apt)?',
    );
  }
  return new SetupError('UNPACK_FAILED', `cannot unpack ${what}:\n  ${brief}`);
}

class CommandFailed extends Error {
  constructor(
    command: string,
    readonly stderr: string,
  ) {
    super(`${command}: ${stderr}`);
  }
}

interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly report?: (stderr: string) => void;
}

function run(command: string, args: readonly string[], { report, ...options }: RunOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(command, args, { ...options, maxBuffer: 1 << 26 }, (error: ExecFileException | null, stdout, stderr) => {
      report?.(stderr);
      if (error) reject(new CommandFailed(`${command} ${args[0] ?? ''}`, stderr || error.message));
      else resolve(stdout);
    });
  });
}
