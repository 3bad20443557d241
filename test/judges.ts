import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { Daemon, debianDir, SetupError, unpackDebianPackages, type Unpacked } from '@callbook/local';

/** Programs of other people that say whether Callbook is right, and the Debian packages they come in. */
const packages = [
  'bind9',
  'bind9-dnsutils',
  'bind9-utils',
  'dnsperf',
  'iproute2',
  'kamailio',
  'knot',
  'knot-dnssecutils',
  'knot-dnsutils',
  'knot-resolver',
  'ldnsutils',
  'nghttp2-client',
  'nsd',
  'pdns-backend-bind',
  'pdns-backend-sqlite3',
  'pdns-server',
  'sip-tester',
  'sqlite3',
  'unbound',
  'unbound-host',
] as const;

export type JudgeName =
  | 'delv'
  | 'dig'
  | 'dnssec-keygen'
  | 'dnssec-signzone'
  | 'dnssec-verify'
  | 'dnsperf'
  | 'h2load'
  | 'ip'
  | 'kamailio'
  | 'kdig'
  | 'knotd'
  | 'kresd'
  | 'kzonecheck'
  | 'kzonesign'
  | 'ldns-read-zone'
  | 'ldns-signzone'
  | 'ldns-verify-zone'
  | 'ldns-walk'
  | 'named'
  | 'named-checkzone'
  | 'nsd'
  | 'nsec3hash'
  | 'pdns_server'
  | 'pdnsutil'
  | 'sipp'
  | 'sqlite3'
  | 'unbound'
  | 'unbound-host';

export interface Judge {
  readonly path: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Scripts and what only they use; the libraries that programs are linked with stay. */
const unneeded = /^(python3|libpython3-stdlib|libpython3\.\d+-(stdlib|minimal)|media-types|readline-common|libpam-cap)/;

let tree: Promise<Unpacked> | undefined;

/** Always Debian's, unpacked beside the project, also where the system has them: every machine hears the same judge. */
export function unpackJudges(progress?: (line: string) => void): Promise<Unpacked> {
  tree ??= unpackDebianPackages(packages, { dir: debianDir(), leaveOut: unneeded, ...(progress ? { progress } : {}) });
  return tree;
}

/**
 * False where there is no Debian: `describe.skipIf(!(await judgesAvailable()))`. On Debian a judge that cannot be had is an error, so
 * that nothing is skipped in silence.
 */
export async function judgesAvailable(): Promise<boolean> {
  try {
    await unpackJudges();
    return true;
  } catch (error) {
    if (error instanceof SetupError && error.code === 'NOT_DEBIAN') return false;
    throw error;
  }
}

/** @throws SetupError */
export async function judge(name: JudgeName): Promise<Judge> {
  const unpacked = await unpackJudges();
  const file = unpacked.find(name);
  if (!file) throw new SetupError('PROGRAM_MISSING', `no ${name} in ${packages.join(', ')}`);
  return { path: file, env: unpacked.env };
}

export interface Said {
  /** -1 when it was ended by a signal. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a judge to its end; a non-zero exit code is an answer, not an error. */
export async function ask(
  name: JudgeName,
  args: readonly string[],
  options: {
    readonly input?: string;
    readonly cwd?: string;
    readonly timeoutMs?: number;
    /** See startRoom. */ readonly within?: readonly string[];
  } = {},
): Promise<Said> {
  const { path: file, env } = await judge(name);
  return new Promise((resolve, reject) => {
    const [command = file, ...rest] = [...(options.within ?? []), file, ...args];
    const child = spawn(command, rest, {
      env,
      cwd: options.cwd,
      stdio: 'pipe',
      timeout: options.timeoutMs ?? 30_000,
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
    child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
    child.stdin.on('error', () => undefined); // a judge that does not read its input
    child.stdin.end(options.input ?? '');
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? -1, stdout, stderr }));
  });
}

/** The apex with a final dot, and its DS in presentation form as in `12345 13 2 ABCD…`. */
export interface Anchor {
  readonly zone: string;
  readonly ds: string;
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

/**
 * `delv` with the zone's own anchor as its only root. `verdict` is its first comment: "fully validated", "negative response, fully
 * validated", "unsigned answer", or "resolution failed: …".
 */
export async function delv(
  server: Address,
  anchor: Anchor,
  question: { readonly name: string; readonly type: string },
  dir: string,
  options: readonly string[] = [],
): Promise<{ readonly verdict: string } & Said> {
  const file = path.join(dir, 'delv.anchors');
  const [keyTag, algorithm, digestType, ...digest] = anchor.ds.split(/\s+/);
  mkdirSync(dir, { recursive: true });
  writeFileSync(
    file,
    `trust-anchors { "${anchor.zone}" static-ds ${keyTag} ${algorithm} ${digestType} "${digest.join('')}"; };\n`,
  );
  const said = await ask('delv', [
    ...[`@${server.host}`, '-p', String(server.port), '-a', file, `+root=${anchor.zone}`, '+multiline'],
    ...options,
    ...['-q', question.name, '-t', question.type],
  ]);
  // A validated denial is also reported as a resolution that failed: what is on standard output counts.
  const line = /^; (.*)$/m.exec(said.stdout) ?? /^;; (resolution failed.*)$/m.exec(said.stderr);
  return { verdict: line?.[1] ?? 'silent', ...said };
}

export interface UnboundOptions {
  readonly dir: string;
  readonly port: number;
  readonly anchor: Anchor;
  /** The authoritative servers of the zone. */
  readonly servers: readonly Address[];
  /** Further lines of the `server:` section. */
  readonly extra?: readonly string[];
  /** Further sections, such as an `auth-zone:`. */
  readonly sections?: string;
}

/** A validating resolver that knows one zone and its anchor, and nothing of the rest of the world. */
export async function startUnbound({
  dir,
  port,
  anchor,
  servers,
  extra = [],
  sections = '',
}: UnboundOptions): Promise<Daemon> {
  const { path: file, env } = await judge('unbound');
  mkdirSync(dir, { recursive: true });
  const config = path.join(dir, 'unbound.conf');
  writeFileSync(
    config,
    `server:
  interface: 127.0.0.1
  port: ${port}
  chroot: ""
  username: ""
  directory: "${dir}"
  pidfile: "${dir}/unbound.pid"
  use-syslog: no
  logfile: ""
  verbosity: 1
  num-threads: 1
  do-not-query-localhost: no
  module-config: "validator iterator"
  val-log-level: 2
  qname-minimisation: no
  trust-anchor: "${anchor.zone} IN DS ${anchor.ds}"
${extra.map((line) => `  ${line}\n`).join('')}remote-control:
  control-enable: no
stub-zone:
  name: "${anchor.zone}"
${servers.map((server) => `  stub-addr: ${server.host}@${server.port}\n`).join('')}${sections}`,
  );
  const daemon = new Daemon({
    name: 'unbound',
    command: file,
    args: ['-d', '-p', '-c', config],
    env,
    cwd: dir,
    dir,
    ports: [{ port, purpose: 'unbound' }],
    ready: () => accepts(port),
    stopSignal: 'SIGTERM',
  });
  await daemon.start();
  return daemon;
}

export interface KamailioOptions {
  readonly dir: string;
  readonly port: number;
  /** kamailio.cfg, or where one is, without its `listen` and `mpath`, which are given from here. */
  readonly config: string | { readonly file: string };
  /** What the configuration takes from the environment. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Runs it inside something, such as a network namespace: the command and arguments put before it. */
  readonly within?: readonly string[];
}

/** An unmodified Kamailio in the foreground, with the modules of the unpacked tree. Its log is the daemon's. */
export async function startKamailio({
  dir,
  port,
  config,
  settings = {},
  within = [],
}: KamailioOptions): Promise<Daemon> {
  const { path: file, env } = await judge('kamailio');
  const modules = await kamailioModules();
  mkdirSync(path.join(dir, 'run'), { recursive: true });
  const configFile = typeof config === 'string' ? path.join(dir, 'kamailio.cfg') : config.file;
  if (typeof config === 'string') writeFileSync(configFile, `#!KAMAILIO\n${config}`);
  const [command = file, ...args] = [
    ...within,
    file,
    '-DD',
    '-E',
    '-m',
    '32',
    '-M',
    '8',
    '-f',
    configFile,
    '-l',
    `udp:127.0.0.1:${port}`,
    '-L',
    `${modules}/`,
    '-Y',
    path.join(dir, 'run'),
  ];
  const daemon: Daemon = new Daemon({
    name: 'kamailio',
    command,
    args,
    // Its own libraries lie in a folder of their own, found by an absolute path when it is installed.
    env: { ...env, ...settings, LD_LIBRARY_PATH: `${path.dirname(modules)}:${env['LD_LIBRARY_PATH']}` },
    cwd: dir,
    dir,
    ports: within.length > 0 ? [] : [{ port, purpose: 'Kamailio' }],
    ready: async () => daemon.pid !== undefined && bindsUdp(daemon.pid, port),
    stopSignal: 'SIGTERM',
  });
  await daemon.start();
  return daemon;
}

/** `<tree>/usr/lib/<triplet>/kamailio/modules` */
export async function kamailioModules(): Promise<string> {
  const { root } = await unpackJudges();
  const lib = path.join(root, 'usr/lib');
  const found = readdirSync(lib)
    .map((triplet) => path.join(lib, triplet, 'kamailio/modules'))
    .find((folder) => existsSync(folder));
  if (!found) throw new SetupError('PROGRAM_MISSING', 'the package kamailio has no modules');
  return found;
}

/** Whether somebody has bound the port in the network namespace of a process (proc(5), /proc/net/udp). */
export function bindsUdp(pid: number, port: number): boolean {
  const local = new RegExp(`^\\s*\\d+: [0-9A-F]+:${port.toString(16).toUpperCase().padStart(4, '0')} `, 'm');
  return local.test(readFileSync(`/proc/${pid}/net/udp`, 'utf8'));
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
