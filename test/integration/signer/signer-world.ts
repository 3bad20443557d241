import type { BindingContent } from '@callbook/contracts';
import { Name, readRRs, writeRR } from '@callbook/dns';
import { generateKeyPair, spkiOf } from '@callbook/keys';
import { createLog, createMetrics } from '@callbook/process';
import type { NatsConnection } from '@nats-io/transport-node';
import { rulesOf, suffixesOf } from '../../../apps/signer/src/bindings/rrsets-of-binding.js';
import { keepSnapshot } from '../../../apps/signer/src/feed/keep-snapshot.js';
import { level, purgeJournal } from '../../../apps/signer/src/feed/level.js';
import { ZoneFeed } from '../../../apps/signer/src/feed/zone-feed.js';
import { adoptDenialKeys } from '../../../apps/signer/src/keys/adopt-denial-keys.js';
import { keepZoneKeys } from '../../../apps/signer/src/keys/keep-zone-keys.js';
import { rotateDenialKeys } from '../../../apps/signer/src/keys/rotate-denial-keys.js';
import { configureZone } from '../../../apps/signer/src/publish/configure-zone.js';
import { PublicationWaiters } from '../../../apps/signer/src/publish/publication-waiters.js';
import { signBindings } from '../../../apps/signer/src/publish/sign-bindings.js';
import { SigningZone, type LeadershipLost } from '../../../apps/signer/src/publish/signing-zone.js';
import { auditZone } from '../../../apps/signer/src/rebuild/audit.js';
import { reconcile, type BindingSource } from '../../../apps/signer/src/rebuild/reconcile.js';
import { signingMetrics } from '../../../apps/signer/src/signing-metrics.js';
import { keepStaticRecords, type StaticRecords } from '../../../apps/signer/src/static/keep-static-records.js';
import { staticRulesOf } from '../../../apps/signer/src/static/static-rules.js';
import { ZoneStore } from '../../../apps/signer/src/zone/zone-store.js';
import { Replica } from './replica.js';
import { sql, tables, type SignerServers } from './servers.js';

export const apex = Name.parse('callbook.example');
const day = 86_400_000;

export const settings = {
  zone: apex,
  telSuffix: Name.parse('e164.callbook.example'),
  nameservers: [{ name: Name.parse('ns1.callbook.example'), addresses: ['192.0.2.1', '2001:db8::1'] }],
  hostmaster: Name.parse('hostmaster.callbook.example'),
  algorithm: 13 as const,
  keyEncryptionKey: new Uint8Array(32).fill(1),
  denialKeyEncryptionKey: new Uint8Array(32).fill(2),
  signatureValidity: 21 * day,
  signatureJitter: day,
  refreshBefore: 14 * day,
  zoneTtl: 3_600_000,
  negativeTtl: 60_000,
  soaRefresh: 3_600_000,
  soaRetry: 600_000,
  soaExpire: 7 * day,
  denialKeyEvery: 7 * day,
  replicaLag: day,
  snapshotEntries: 1_000,
  snapshotEvery: 6 * 3_600_000,
};
export type Settings = typeof settings;

const publishedKey = Buffer.from(spkiOf(generateKeyPair('ed25519').publicKey)).toString('base64url');

/** What the holder of +44 7700 900`n` publishes. */
export const binding = (n: number, sequence = 1, change: Partial<BindingContent> = {}): BindingContent => ({
  identifier: `tel:+44770090${String(n).padStart(4, '0')}`,
  sequence,
  hash: 'h',
  visibility: 'dns',
  routes: [{ service: 'E2U+sip', uri: `sip:number${n}v${sequence}@example.net`, order: 100, preference: 10 }],
  keys: [{ use: 'identity', format: 'spki', value: publishedKey }],
  ttl: 300,
  ...change,
});

/** `records`, as far as the signer asks it: holds the newest content of each identifier. */
export class Records {
  private readonly newest = new Map<string, BindingContent>();

  take(contents: readonly BindingContent[]): readonly BindingContent[] {
    for (const content of contents)
      if (content.sequence > (this.newest.get(content.identifier)?.sequence ?? 0))
        this.newest.set(content.identifier, content);
    return contents;
  }

  readonly source: BindingSource = {
    'binding.export': async ({ after, limit }) => {
      const all = [...this.newest.values()]
        .filter(({ identifier }) => after === undefined || identifier > after)
        .sort((a, b) => (a.identifier < b.identifier ? -1 : 1));
      const bindings = all.slice(0, limit);
      return { bindings, ...(all.length > limit && { next: bindings.at(-1)!.identifier }) };
    },
  };
}

export interface Signer {
  readonly signing: SigningZone;
  readonly lost: LeadershipLost[];
  sign(contents: readonly BindingContent[]): Promise<void>;
  snapshot(): ReturnType<typeof keepSnapshot>;
  /** Looks at the operator's file. */
  readonly ofOperator: StaticRecords;
  rotate(): Promise<void>;
  reconcile(again?: boolean): ReturnType<typeof reconcile>;
  /** What comes after the reconciliation of a zone that left its journal: the journal is purged, and a snapshot leads replicas on. */
  leaveJournal(): ReturnType<typeof keepSnapshot>;
  audit(): ReturnType<typeof auditZone>;
  close(): Promise<void>;
}

export interface SignerOptions {
  readonly settings?: Partial<Settings>;
  readonly clock?: () => number;
  /** Path of the operator's file. */
  readonly staticRecords?: string;
  /** Puts something between the signer and its servers. */
  readonly store?: (store: ZoneStore) => ZoneStore;
  readonly feed?: (feed: ZoneFeed) => ZoneFeed;
}

export class World {
  readonly records = new Records();

  constructor(
    readonly servers: SignerServers,
    /** With the signer's own permissions. */
    readonly nats: NatsConnection,
    readonly observer: NatsConnection,
  ) {}

  /** A signer inside this process that has the lead: all of `main.ts` but the process, up to the first event. */
  async start(options: SignerOptions = {}): Promise<Signer> {
    const config = { ...settings, ...options.settings };
    const { store, epoch } = await ZoneStore.open(this.servers.postgres.url('signer'), apex);
    const feed = await ZoneFeed.open(this.nats, apex);
    const lost: LeadershipLost[] = [];
    const log = createLog('signer', 'silent');
    const measured = signingMetrics(createMetrics('signer'));
    const clock = options.clock ?? Date.now;
    const keys = await keepZoneKeys(store, config, clock());
    const signing = new SigningZone({
      zone: apex,
      settings: config,
      policy: config,
      keys,
      epoch,
      store: options.store?.(store) ?? store,
      feed: options.feed?.(feed) ?? feed,
      waiters: new PublicationWaiters(),
      clock,
      log,
      measured,
      level: (parts) => level(parts, config.denialKeyEncryptionKey),
      onLost: (error) => lost.push(error),
    });
    const suffixes = suffixesOf(config);
    const rules = staticRulesOf(config);
    const ofOperator = keepStaticRecords({ signing, rules, log, measured }, options.staticRecords);
    const { source } = this.records;
    const signer: Signer = {
      signing,
      lost,
      sign: (contents) => signBindings({ signing, suffixes }, this.records.take(contents)),
      snapshot: () => keepSnapshot(signing, config),
      rotate: () => rotateDenialKeys(signing, config),
      reconcile: (again = false) => reconcile({ signing, source, suffixes, log }, { again }),
      leaveJournal: async () => {
        await purgeJournal(signing);
        await store.setRules(rulesOf(suffixes));
        return keepSnapshot(signing, config);
      },
      ofOperator,
      audit: () => auditZone({ signing, source, suffixes, ofFile: ofOperator.accepted }),
      close: () => store.close(),
    };
    return signer;
  }

  /** As `main.ts` goes on before it takes events. */
  async startWhole(options: SignerOptions = {}): Promise<Signer> {
    const signer = await this.start(options);
    const { store, feed, keys, log } = signer.signing.parts;
    await adoptDenialKeys({ store, feed, keys, log }, { ...settings, ...options.settings });
    await signer.ofOperator.prune();
    await configureZone(signer.signing);
    if (options.staticRecords !== undefined) {
      // As after the reconciliation of a new zone: only then it is known where identifiers live.
      await signer.reconcile(true);
      await store.setRules(rulesOf(suffixesOf({ ...settings, ...options.settings })));
      await signer.ofOperator.look();
    }
    await signer.snapshot();
    return signer;
  }

  /** What the database holds, record by record. */
  async stored(): Promise<string[]> {
    const rows = await sql<{ records: Buffer; signatures: Buffer }>(
      this.servers,
      'SELECT records, signatures FROM rrset',
    );
    return rows
      .flatMap(({ records, signatures }) => [...readRRs(records), ...readRRs(signatures)])
      .map((rr) => Buffer.from(writeRR(rr)).toString('latin1'))
      .sort();
  }

  /** A replica that starts now, from the newest snapshot and all of the journal after it. */
  async replica(): Promise<Replica> {
    const replica = await Replica.load(this.observer, apex);
    await replica.follow(this.observer);
    return replica;
  }

  /** A fresh installation: nothing in the database, nothing in JetStream. */
  async wipe(): Promise<void> {
    await sql(this.servers, `TRUNCATE ${tables.join(', ')}`);
    await this.wipeStreams();
  }

  async wipeStreams(): Promise<void> {
    const { jetstreamManager } = await import('@nats-io/jetstream');
    const { streams } = await jetstreamManager(this.observer);
    for await (const { config } of streams.list()) await streams.delete(config.name);
  }
}
