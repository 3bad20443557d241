import { Name, RRType, soa } from '@callbook/dns';
import { dnsExchange } from '@callbook/sdk';
import { cpSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { startWorld, type World } from '../harness/world.js';
import { Ledger } from './ledger.js';
import { lookUpWith, type LookUp, type Replica } from './lookup-watch.js';
import { openOperator, type Operator } from './operator.js';
import { targets, type Fault, type Target } from './schedule.js';
import { Supervised } from './supervisor.js';

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
  /** Resolves when the zone of every replica is what the signer has, and that is what `records` has. Errors: after `within` milliseconds. */
  untilQuiet(within: number): Promise<void>;
  operator(): Promise<Operator>;
  /** Copies the logs to where they outlive the test. */
  keepLogs(name: string): string;
  stop(): Promise<void>;
}

export async function startCity(more: Parameters<typeof startWorld>[0] = {}): Promise<City> {
  const world = await startWorld({ lookups: 2, ...more, settings: { ...settings, ...more.settings } });
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
    untilQuiet: async (within) => untilQuiet(servers, replicas, Name.parse(apex), within),
    operator: () => openOperator(servers),
    keepLogs: (name) => {
      const kept = path.resolve(import.meta.dirname, '../../.local/faults', name);
      mkdirSync(kept, { recursive: true });
      cpSync(path.join(world.callbook.dir, 'logs'), kept, { recursive: true });
      return kept;
    },
    stop: async () => {
      await Promise.all(targets.map((target) => supervised[target].release()));
      await world.stop();
    },
  };
}

async function untilQuiet(
  servers: World['callbook']['servers'],
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

async function serialAt(server: Replica['server'], apex: Name): Promise<number | undefined> {
  const { answers } = await dnsExchange(server)({ name: apex, type: RRType.SOA, class: 1 });
  const record = answers.find(({ type }) => type === RRType.SOA);
  return record && soa.read(record.rdata).serial;
}
