import { Name, RRType, soa } from '@callbook/dns';
import { environmentOf, freePort, Service, type AppName } from '@callbook/local';
import { dnsExchange } from '@callbook/sdk';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { startWorld, type World } from '../harness/world.js';
import { keepLogs } from './keep-logs.js';
import { Ledger } from './ledger.js';
import { lookUpWith, type LookUp, type Replica } from './lookup-watch.js';
import { openOperator, type Operator } from './operator.js';
import { targets, type Fault, type Target } from './schedule.js';
import { Supervised } from './supervisor.js';

type Options = NonNullable<Parameters<typeof startWorld>[0]>;

/** Told of at most this long after the last message: people do not wait half a minute here. */
const settings = { identity: { CALLBOOK_RESEND_AFTER: '3s', CALLBOOK_SWEEP_INTERVAL: '1s' } };

/** A whole Callbook with two replicas, every process of it supervised, and what people were promised. */
export interface City {
  readonly world: World;
  readonly apex: Name;
  readonly telSuffix: Name;
  readonly supervised: Readonly<Record<Target, Supervised>>;
  readonly replicas: readonly Replica[];
  readonly ledger: Ledger;
  readonly look: LookUp;
  /** Lets faults happen at their times. */
  suffer(faults: readonly Fault[]): Promise<void>;
  /** Resolves when all is up. Errors: after `within` milliseconds. */
  untilUp(within: number): Promise<void>;
  /**
   * Resolves when all are ready, and the zone of every replica is what the signer has, and that is what `records` has. Errors: after
   * `within` milliseconds.
   */
  untilQuiet(within: number): Promise<void>;
  operator(): Promise<Operator>;
  /** One more process of a service, beside the one that is there; it is ready. It is stopped with the rest. */
  second(app: Exclude<AppName, 'lookup'>): Promise<Second>;
  /** Resolves when a process logs this once more than it has so far. Errors: after a minute. */
  nextSaying(target: Target, message: string): Promise<void>;
  /** Copies the logs to where they outlive the test. */
  keepLogs(name: string): string;
  stop(): Promise<void>;
}

export interface Second {
  readonly service: Service;
  readonly supervised: Supervised;
  /** Where it listens, for a gateway. */
  readonly port: number;
}

export async function startCity(more: Options = {}): Promise<City> {
  const all: NonNullable<Options['settings']> = { ...settings, ...more.settings };
  const world = await startWorld({ lookups: 2, ...more, settings: all });
  const seconds: Second[] = [];
  const { services, servers, addresses } = world.callbook;
  const programs = {
    gateway: services.gateway,
    identity: services.identity,
    records: services.records,
    signer: services.signer,
    'lookup-1': services.lookups[0]!,
    'lookup-2': services.lookups[1]!,
    nats: servers.nats,
    redis: servers.redis,
    postgres: servers.postgres,
  };
  const supervised = Object.fromEntries(targets.map((target) => [target, new Supervised(programs[target])])) as Record<
    Target,
    Supervised
  >;
  const { suffixes, apex } = (await world.directory()).description.meta.zone;
  const replicas = [supervised['lookup-1'], supervised['lookup-2']].map((each, index) => ({
    supervised: each,
    server: addresses.dns[index]!,
  }));
  const untilUp = async (within: number) => {
    await Promise.all(targets.map((target) => supervised[target].untilUp(within)));
  };

  return {
    world,
    apex: Name.parse(apex),
    telSuffix: Name.parse(suffixes.tel),
    supervised,
    replicas,
    ledger: new Ledger(),
    look: lookUpWith({ anchors: world.anchors, suffixes, clock: Date.now }, dnsExchange),
    suffer: async (faults) => {
      const began = performance.now();
      await Promise.all(
        faults.map(async ({ at, target, how, lasts }) => {
          await pause(Math.max(0, at - (performance.now() - began)));
          await (how === 'kill' ? supervised[target].kill(lasts) : supervised[target].freeze(lasts));
        }),
      );
    },
    untilUp,
    untilQuiet: (within) => untilQuiet(world.callbook, replicas, Name.parse(apex), within),
    operator: () => openOperator(servers),
    second: async (app) => {
      const [port, healthPort] = [await freePort(), await freePort()];
      const service = new Service({
        name: `${app}-second`,
        entry: `apps/${app}/dist/main.js`,
        dir: world.callbook.dir,
        settings: {
          ...environmentOf(app, surroundingsOf(world), healthPort),
          ...all[app],
          ...(app === 'gateway' && { CALLBOOK_LISTEN_PORT: String(port) }),
        },
        ports: [{ port: healthPort, purpose: 'health' }],
        healthPort,
        heap: 512,
      });
      await service.start();
      const second = { service, port, supervised: new Supervised(service) };
      seconds.push(second);
      return second;
    },
    nextSaying: async (target, message) => {
      const log = path.join(world.callbook.dir, 'logs', `${target}.log`);
      const times = () => readFileSync(log, 'utf8').split(`"msg":"${message}"`).length;
      const [before, deadline] = [times(), performance.now() + 60_000];
      while (times() === before) {
        if (performance.now() > deadline) throw new Error(`${target} did not say ${message}`);
        await pause(50);
      }
    },
    keepLogs: (name) => keepLogs(world.callbook.dir, name),
    stop: async () => {
      await Promise.all(
        [...seconds, ...targets.map((target) => ({ supervised: supervised[target] }))].map((each) =>
          each.supervised.release(),
        ),
      );
      await Promise.all(seconds.map(({ service }) => service.stop()));
      await world.stop();
    },
  };
}

async function untilQuiet(
  { servers, services }: World['callbook'],
  replicas: readonly Replica[],
  apex: Name,
  within: number,
): Promise<void> {
  const deadline = performance.now() + within;
  const operator = await openOperator(servers);
  try {
    for (let why = ''; ; await pause(250)) {
      if (performance.now() > deadline) throw new Error(`not quiet: ${why}`);
      try {
        const { gateway, identity, records, signer, lookups } = services;
        for (const service of [gateway, identity, records, signer, ...lookups]) await requireReady(service);
        const audit = await operator.signer['zone.audit']({});
        const serials = await Promise.all(replicas.map(({ server }) => serialAt(server, apex)));
        why = JSON.stringify({ ...audit, serials });
        const clean = audit.missing + audit.surplus + audit.different + audit.badSignatures === 0;
        if (clean && serials.every((serial) => serial === audit.serial)) return;
      } catch (error) {
        why = String(error);
      }
    }
  } finally {
    await operator.close();
  }
}

/** Errors: with what is missing, unless `/readyz` says that nothing is. */
export async function requireReady({ name, healthPort }: Pick<Service, 'name' | 'healthPort'>): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${healthPort}/readyz`, { signal: AbortSignal.timeout(5_000) });
  if (!response.ok) throw new Error(`${name}: ${await response.text()}`);
}

async function serialAt(server: Replica['server'], apex: Name): Promise<number | undefined> {
  const { answers } = await dnsExchange(server)({ name: apex, type: RRType.SOA, class: 1 });
  const record = answers.find(({ type }) => type === RRType.SOA);
  return record && soa.read(record.rdata).serial;
}

function surroundingsOf({ callbook: { dir, servers, addresses } }: World): Parameters<typeof environmentOf>[1] {
  const { secrets, nats, redis, postgres } = servers;
  const portOf = (url: string) => Number(new URL(url).port);
  return {
    dir,
    secrets,
    nats,
    redis,
    postgres,
    ports: {
      api: portOf(addresses.api),
      sandbox: portOf(addresses.sandbox),
      dns: addresses.dns.map(({ port }) => port),
      dot: addresses.dot.map(({ port }) => port),
      doh: addresses.doh.map(portOf),
    },
  };
}
