import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { NatsServer, type NatsPermissions } from './nats.js';
import { freePort } from './ports.js';
import { PostgresServer } from './postgres.js';
import { RedisServer } from './redis.js';
import { openSecrets, type Secrets } from './secrets.js';
import { serverPrograms, type ServerName } from './server-programs.js';

export interface ServersOptions<S extends ServerName = ServerName> {
  /** Keeps data, logs and passwords; made when missing. Two live owners of one folder are refused. */
  readonly dir: string;
  /** All three unless told. */
  readonly only?: readonly S[];
  readonly ports: 'free' | Readonly<Partial<Record<ServerName, number>>>;
  /** The environment variable that moves a port, named when it is taken. */
  readonly portVariables?: Readonly<Partial<Record<ServerName, string>>>;
  /** One user, `all`, who may do everything, unless told. */
  readonly natsPermissions?: NatsPermissions;
  /** identity, records and signer unless told. */
  readonly databaseRoles?: readonly string[];
  readonly progress?: (line: string) => void;
}

interface AllServers {
  readonly postgres: PostgresServer;
  readonly redis: RedisServer;
  readonly nats: NatsServer;
}

export type Servers<S extends ServerName = ServerName> = Pick<AllServers, S> & {
  readonly dir: string;
  readonly secrets: Secrets;
  stop(): Promise<void>;
};

export const defaultServerPorts: Readonly<Record<ServerName, number>> = { postgres: 15432, redis: 16379, nats: 14222 };

/**
 * Real servers as children of this process, on 127.0.0.1. When one does not start, those that did are stopped again; when this process
 * ends in whatever way, they end too.
 * @throws SetupError
 */
export async function startServers<S extends ServerName = ServerName>(options: ServersOptions<S>): Promise<Servers<S>> {
  const { dir, progress } = options;
  const names: readonly ServerName[] = options.only ?? ['postgres', 'redis', 'nats'];
  mkdirSync(dir, { recursive: true });
  const programs = await serverPrograms(names, progress);
  const secrets = openSecrets(path.join(dir, 'secrets.json'));

  const made: Partial<{ postgres: PostgresServer; redis: RedisServer; nats: NatsServer }> = {};
  for (const name of names) {
    const program = programs.get(name);
    if (!program) throw new Error(`no program for ${name}`);
    const port = options.ports === 'free' ? await freePort() : (options.ports[name] ?? defaultServerPorts[name]);
    const variable = options.portVariables?.[name];
    const settings = { dir, port, program, secrets, ...(variable ? { variable } : {}) };
    switch (name) {
      case 'postgres':
        made.postgres = await PostgresServer.open({
          ...settings,
          roles: options.databaseRoles ?? ['identity', 'records', 'signer'],
        });
        break;
      case 'redis':
        made.redis = new RedisServer(settings);
        break;
      case 'nats':
        made.nats = new NatsServer({
          ...settings,
          permissions: options.natsPermissions ?? { all: { publish: ['>'], subscribe: ['>'] } },
        });
        break;
    }
  }

  const servers = [made.postgres, made.redis, made.nats].filter((server) => server !== undefined);
  const stop = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.stop()));
  };
  const started = await Promise.allSettled(servers.map((server) => server.start()));
  const failure = started.find((result) => result.status === 'rejected');
  if (failure) {
    await stop();
    throw failure.reason;
  }
  return { ...made, dir, secrets, stop } as Servers<S>;
}
