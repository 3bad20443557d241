import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { Daemon } from './daemon.js';
import type { Secrets } from './secrets.js';
import type { ServerProgram } from './server-programs.js';

/** Who may publish and subscribe where, by user. Everything that is not listed is refused, but a request may be answered once. */
export type NatsPermissions = Readonly<
  Record<string, { readonly publish: readonly string[]; readonly subscribe: readonly string[] }>
>;

/** May create streams and consumers; used by set-up, never by a service. */
export const SETUP_USER = 'setup';

export interface NatsOptions {
  readonly dir: string;
  readonly port: number;
  readonly variable?: string;
  readonly program: ServerProgram;
  readonly secrets: Secrets;
  readonly permissions: NatsPermissions;
}

/** NATS with JetStream; one user with a password for each service, none for anyone else. */
export class NatsServer extends Daemon {
  readonly port: number;
  readonly users: readonly string[];
  private readonly secrets: Secrets;

  constructor({ dir, port, variable, program, secrets, permissions }: NatsOptions) {
    const config = path.join(dir, 'nats.conf');
    super({
      name: 'nats',
      command: program.path,
      args: ['-c', config],
      env: program.env,
      cwd: dir,
      dir,
      ports: [{ port, purpose: 'NATS', ...(variable ? { variable } : {}) }],
      ready: async () => /"jetstream":true/.test(await greeting(port)),
      stopSignal: 'SIGTERM',
    });
    this.port = port;
    this.secrets = secrets;
    const everyone = { [SETUP_USER]: { publish: ['$JS.API.>'], subscribe: ['_INBOX.>'] }, ...permissions };
    this.users = Object.keys(everyone);
    mkdirSync(path.join(dir, 'nats'), { recursive: true });
    writeFileSync(
      config,
      configuration({
        port,
        store: path.join(dir, 'nats'),
        permissions: everyone,
        password: (user) => this.password(user),
      }),
      {
        mode: 0o600,
      },
    );
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  password(user: string): string {
    return this.secrets.of(`nats.${user}`);
  }
}

interface Configuration {
  readonly port: number;
  readonly store: string;
  readonly permissions: NatsPermissions;
  readonly password: (user: string) => string;
}

/**
 * Services live in an account of their own: with users in the default account, or with no_auth_user, one missing line lets everybody
 * in (CVE-2023-47090). $SYS has a user so that nobody gets one by default; its password is known to no service.
 */
export function configuration({ port, store, permissions, password }: Configuration): string {
  const list = (subjects: readonly string[]): string =>
    // An empty allow-list means "everything" to NATS; one that denies everything means nothing.
    subjects.length > 0 ? `{ allow: ${JSON.stringify(subjects)} }` : '{ deny: ">" }';
  const users = Object.entries(permissions).map(
    ([user, { publish, subscribe }]) =>
      `      { user: ${JSON.stringify(user)}, password: ${JSON.stringify(password(user))},
        permissions: { publish: ${list(publish)}, subscribe: ${list(subscribe)}, allow_responses: true } }`,
  );
  return `listen: "127.0.0.1:${port}"
server_name: "callbook"
max_payload: 8MB
jetstream {
  store_dir: ${JSON.stringify(store)}
  max_memory_store: 256MB
  max_file_store: 16GB
}
accounts {
  CALLBOOK {
    jetstream: enabled
    users: [
${users.join('\n')}
    ]
  }
  SYS { users: [{ user: "system", password: ${JSON.stringify(password('system'))} }] }
}
system_account: SYS
`;
}

/** The INFO line that the server sends first. */
function greeting(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(port, '127.0.0.1');
    socket.setTimeout(2_000, () => socket.destroy(new Error('no greeting')));
    socket.on('data', (data) => {
      text += data.toString();
      if (text.includes('\r\n')) socket.destroy();
    });
    socket.once('error', reject);
    socket.once('close', () => resolve(text));
  });
}
