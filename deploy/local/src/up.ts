import path from 'node:path';
import { environmentOf, sandboxEnvironment, type AppName, type Surroundings } from './environment.js';
import { portVariable, type PortName, type PortSource } from './local-ports.js';
import { deploy } from './migrate.js';
import { Service, type ServiceOptions } from './processes.js';
import { startServers, type Servers } from './servers.js';
import { root } from './workspace.js';

export interface CallbookOptions {
  /** Keeps data, keys, logs; made when missing. */
  readonly dir: string;
  readonly ports: PortSource;
  /** Replicas of lookup; one unless told. */
  readonly lookups?: number;
  /** Settings that differ from those of environment.ts. */
  readonly settings?: Partial<Record<AppName | 'sandbox', Readonly<Record<string, string>>>>;
  /** Told once for each step, when it is done. */
  readonly progress?: (line: string) => void;
}

export interface Callbook {
  readonly dir: string;
  readonly servers: Servers;
  readonly services: {
    readonly gateway: Service;
    readonly identity: Service;
    readonly records: Service;
    readonly signer: Service;
    readonly sandbox: Service;
    readonly lookups: readonly Service[];
  };
  readonly addresses: {
    /** `https://127.0.0.1:14443` */
    readonly api: string;
    /** `http://127.0.0.1:14480` */
    readonly sandbox: string;
    /** UDP and TCP, one for each lookup. */
    readonly dns: readonly { readonly host: string; readonly port: number }[];
    /** DNS over TLS, one for each lookup. */
    readonly dot: readonly { readonly host: string; readonly port: number }[];
    /** DNS over HTTPS, one for each lookup: `https://127.0.0.1:14453/dns-query`. */
    readonly doh: readonly string[];
  };
  /** The certificate authority that the gateway's certificate is signed by, PEM. */
  readonly caFile: string;
  stop(): Promise<void>;
}

/**
 * A whole Callbook as children of this process: servers, migrations, every service ready. Whatever does not start takes the rest down
 * again before the error comes.
 * @throws SetupError, MigrationError
 */
export async function startCallbook(options: CallbookOptions): Promise<Callbook> {
  const { dir, ports, lookups = 1, settings = {}, progress = () => undefined } = options;
  const portsOf = (name: PortName, count: number) => Promise.all(Array.from({ length: count }, () => ports(name)));
  const taken = {
    api: await ports('api'),
    sandbox: await ports('sandbox'),
    dns: await portsOf('dns', lookups),
    dot: await portsOf('dot', lookups),
    doh: await portsOf('doh', lookups),
  };
  // Only here: whoever needs just a database should not have to load every contract.
  const { natsPermissions } = await import('@callbook/contracts');
  const servers = await timed(progress, 'PostgreSQL, Redis and NATS are up', async () =>
    startServers({
      dir,
      ports: { postgres: await ports('postgres'), redis: await ports('redis'), nats: await ports('nats') },
      portVariables: { postgres: portVariable('postgres'), redis: portVariable('redis'), nats: portVariable('nats') },
      natsPermissions: natsPermissions(),
      progress,
    }),
  );
  const services: Service[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(services.map((service) => service.stop()));
    await servers.stop();
  };
  try {
    const surroundings: Surroundings = {
      dir,
      secrets: servers.secrets,
      nats: servers.nats,
      redis: servers.redis,
      postgres: servers.postgres,
      ports: taken,
    };
    await timed(progress, 'databases migrated', async () => {
      for (const app of ['identity', 'records', 'signer']) {
        await deploy({ appDir: path.join(root, 'apps', app), databaseUrl: servers.postgres.url(app) });
      }
    });

    const service = async (app: AppName, listens: ServiceOptions['ports'], replica?: number): Promise<Service> => {
      const healthPort = await ports('health');
      const made = new Service({
        name: replica === undefined ? app : `${app}-${replica + 1}`,
        entry: `apps/${app}/dist/main.js`,
        dir,
        settings: { ...environmentOf(app, surroundings, healthPort, replica), ...settings[app] },
        ports: [...listens, { port: healthPort, purpose: `health of ${app}`, variable: portVariable('health') }],
        healthPort,
        heap: heaps[app],
      });
      services.push(made);
      return made;
    };
    const sandbox = new Service({
      name: 'sandbox',
      entry: 'test/dist/sandbox/main.js',
      dir,
      settings: { ...sandboxEnvironment(surroundings), ...settings.sandbox },
      ports: [{ port: taken.sandbox, purpose: 'sandbox', variable: portVariable('sandbox') }],
    });
    services.push(sandbox);
    const running = {
      gateway: await service('gateway', [{ port: taken.api, purpose: 'API', variable: portVariable('api') }]),
      identity: await service('identity', []),
      records: await service('records', []),
      signer: await service('signer', []),
      lookups: [] as Service[],
      sandbox,
    };
    for (const [replica, port] of taken.dns.entries()) {
      const listens = [
        { port, purpose: 'DNS', variable: portVariable('dns') },
        { port: taken.dot[replica]!, purpose: 'DNS over TLS', variable: portVariable('dot') },
        { port: taken.doh[replica]!, purpose: 'DNS over HTTPS', variable: portVariable('doh') },
      ];
      running.lookups.push(await service('lookup', listens, replica));
    }
    await timed(progress, `${services.map(({ name }) => name).join(', ')} are ready`, async () => {
      await startAll(services.filter((each) => each !== sandbox));
      // Its receipts go to the gateway, whose certificate authority exists once the gateway has started.
      await sandbox.start();
    });

    return {
      dir,
      servers,
      services: running,
      addresses: {
        api: `https://127.0.0.1:${taken.api}`,
        sandbox: `http://127.0.0.1:${taken.sandbox}`,
        dns: taken.dns.map((port) => ({ host: '127.0.0.1', port })),
        dot: taken.dot.map((port) => ({ host: '127.0.0.1', port })),
        doh: taken.doh.map((port) => `https://127.0.0.1:${port}/dns-query`),
      },
      caFile: path.join(dir, 'tls/ca.pem'),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** lookup holds the zone, signer a zone's signatures while it writes a snapshot; the others only pass things on. */
const heaps: Record<AppName, number> = { gateway: 128, identity: 128, records: 128, signer: 512, lookup: 1024 };

/** All at once: they wait for each other themselves. The first that fails ends the others, which might wait for it in vain. */
async function startAll(services: readonly Service[]): Promise<void> {
  const starts = services.map((service) => service.start());
  try {
    await Promise.all(starts);
  } catch (error) {
    await Promise.all(services.map((service) => service.kill()));
    await Promise.allSettled(starts); // one that was just about to be started is stopped by whoever gets the error
    throw error;
  }
}

async function timed<T>(progress: (line: string) => void, done: string, work: () => Promise<T>): Promise<T> {
  const start = Date.now();
  const result = await work();
  progress(`${done} (${((Date.now() - start) / 1000).toFixed(1)} s)`);
  return result;
}
