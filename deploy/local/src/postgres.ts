import { execFile } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { Daemon } from './daemon.js';
import type { Secrets } from './secrets.js';
import { asPostgresUser, postgresUser, type ServerProgram } from './server-programs.js';
import { SetupError } from './setup-error.js';
import { NOBODY, reachableByNobody } from './workspace.js';

export const DATABASE = 'callbook';

export interface PostgresOptions {
  readonly dir: string;
  readonly port: number;
  readonly variable?: string;
  readonly program: ServerProgram;
  readonly secrets: Secrets;
  /** One role, owning one schema of its name, for each. */
  readonly roles: readonly string[];
}

/** PostgreSQL with one database; each service's role owns the schema of its name and can enter no other. */
export class PostgresServer extends Daemon {
  private constructor(
    private readonly settings: PostgresOptions,
    private readonly data: string,
  ) {
    const { command, args, user } = asPostgresUser(settings.program.path, [
      ...[
        '-D',
        data,
        '-p',
        String(settings.port),
        '-c',
        'listen_addresses=127.0.0.1',
        '-c',
        'unix_socket_directories=',
      ],
      ...[
        '-c',
        'jit=off',
        '-c',
        'max_connections=200',
        '-c',
        'log_statement=none',
        '-c',
        'log_min_error_statement=panic',
      ],
    ]);
    super({
      name: 'postgres',
      command,
      args,
      ...(user ? { user } : {}),
      env: settings.program.env,
      cwd: '/',
      dir: settings.dir,
      ports: [
        { port: settings.port, purpose: 'PostgreSQL', ...(settings.variable ? { variable: settings.variable } : {}) },
      ],
      ready: async () => {
        await this.ask(this.adminUrl('postgres'), 'select 1');
        return true;
      },
      stopSignal: 'SIGINT', // "fast": ends sessions, keeps data in order
      retryOn: /pre-existing shared memory block|lock file .* already exists/,
    });
  }

  static async open(options: PostgresOptions): Promise<PostgresServer> {
    const base = postgresUser() === 'nobody' ? reachableByNobody(options.dir) : options.dir;
    const data = path.join(base, 'postgres');
    await initialise(data, options);
    return new PostgresServer(options, data);
  }

  override async start(): Promise<void> {
    await super.start();
    await this.makeDatabase();
  }

  get port(): number {
    return this.settings.port;
  }

  /** As the role that owns the schema of the same name. `schema` is what Prisma reads; other clients go by the role's search_path. */
  url(role: string): string {
    return `postgresql://${role}:${this.settings.secrets.of(`postgres.${role}`)}@127.0.0.1:${this.port}/${DATABASE}?schema=${role}`;
  }

  /** As the superuser. */
  adminUrl(database: string = DATABASE): string {
    return `postgresql://postgres:${this.settings.secrets.of('postgres.superuser')}@127.0.0.1:${this.port}/${database}`;
  }

  private async makeDatabase(): Promise<void> {
    const found = await this.ask(this.adminUrl('postgres'), `select 1 from pg_database where datname = '${DATABASE}'`);
    if (found.rowCount === 0) await this.ask(this.adminUrl('postgres'), `create database ${DATABASE}`);
    const known = await this.ask(this.adminUrl(), 'select rolname from pg_roles');
    const existing = new Set((known.rows as { rolname: string }[]).map(({ rolname }) => rolname));
    const statements = this.settings.roles.map((role) => {
      const login = `login password '${this.settings.secrets.of(`postgres.${role}`)}'`;
      return `
        ${existing.has(role) ? 'alter' : 'create'} role "${role}" ${login};
        create schema if not exists "${role}" authorization "${role}";
        alter role "${role}" in database ${DATABASE} set search_path = "${role}";
        grant connect on database ${DATABASE} to "${role}";`;
    });
    await this.ask(
      this.adminUrl(),
      `revoke all on schema public from public; revoke all on database ${DATABASE}, postgres from public; ${statements.join('')}`,
    );
  }

  private async ask(connectionString: string, sql: string): Promise<pg.QueryResult> {
    const client = new pg.Client({ connectionString, connectionTimeoutMillis: 5_000 });
    client.on('error', () => undefined); // a server that dies under us is reported by the call
    try {
      await client.connect();
      return await client.query(sql);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

async function initialise(data: string, { program, secrets }: PostgresOptions): Promise<void> {
  const versionFile = path.join(data, 'PG_VERSION');
  if (existsSync(versionFile)) {
    const made = readFileSync(versionFile, 'utf8').trim();
    const { stdout } = await promisify(execFile)(program.path, ['--version'], { env: program.env });
    const ours = /(\d+)(\.\d+|devel|beta|rc)/.exec(stdout)?.[1];
    if (made === ours) return;
    throw new SetupError(
      'DATA_UNUSABLE',
      `${data} was made by PostgreSQL ${made}, this is ${ours ?? stdout}`,
      `remove ${path.dirname(data)} to begin anew`,
    );
  }
  rmSync(data, { recursive: true, force: true }); // begun but not finished
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const passwordFile = path.join(path.dirname(data), 'postgres.password');
  writeFileSync(passwordFile, secrets.of('postgres.superuser'), { mode: 0o600 });
  if (postgresUser() === 'nobody') for (const file of [data, passwordFile]) chownSync(file, NOBODY, NOBODY);
  const { command, args, user } = asPostgresUser(path.join(path.dirname(program.path), 'initdb'), [
    ...['-D', data, '-U', 'postgres', '-A', 'scram-sha-256', '--pwfile', passwordFile],
    ...['-E', 'UTF8', '--locale=C.UTF-8', '--no-sync'],
  ]);
  try {
    await promisify(execFile)(command, args, { env: program.env, cwd: '/', ...user });
  } catch (error) {
    rmSync(data, { recursive: true, force: true });
    const said = (error as { stderr?: string }).stderr ?? String(error);
    throw new SetupError(
      /No space left/.test(said) ? 'NO_SPACE' : 'PROCESS_FAILED',
      `initdb failed:\n  ${said.trim()}`,
    );
  } finally {
    rmSync(passwordFile, { force: true });
  }
}
