import { Name } from '@callbook/dns';
import { count, duration, list, processSettings, secretKey } from '@callbook/process';
import { isIP } from 'node:net';
import { z } from 'zod';
import { shortestRotation } from './keys/denial-rotation.js';

const hour = 3_600_000;

const domain = () =>
  z.string().transform((text, context) => {
    try {
      return Name.parse(text).lower();
    } catch {
      context.addIssue({ code: 'custom', message: 'is not a domain name' });
      return z.NEVER;
    }
  });

export interface Nameserver {
  readonly name: Name;
  readonly addresses: readonly string[];
}

/** `ns1.callbook.example=192.0.2.1`; a name that comes again has one more address, and one outside the zone has none. */
const nameservers = () =>
  list().transform((items, context): readonly Nameserver[] => {
    const found = new Map<string, { name: Name; addresses: string[] }>();
    for (const item of items) {
      const [text = '', address] = item.split('=', 2);
      const name = domain().safeParse(text);
      if (!name.success || (address !== undefined && isIP(address) === 0)) {
        context.addIssue({ code: 'custom', message: 'is not a list such as ns1.callbook.example=192.0.2.1' });
        return z.NEVER;
      }
      const server = found.get(name.data.key) ?? { name: name.data, addresses: [] };
      if (address !== undefined) server.addresses.push(address);
      found.set(name.data.key, server);
    }
    return [...found.values()];
  });

export const SignerConfig = z
  .strictObject({
    ...processSettings,
    /** PostgreSQL, as in `postgresql://signer:…@127.0.0.1:5432/callbook?schema=signer`. */
    databaseUrl: z.url({ protocol: /^postgres(ql)?$/ }),
    /** 32 octets, base64url: seals the private keys of the zone in the database. */
    keyEncryptionKey: secretKey(),
    /** 32 octets, base64url: seals the denial keys for the look-up replicas, which hold it too. */
    denialKeyEncryptionKey: secretKey(),
    /** Apex of the zone. */
    zone: domain(),
    /** Where telephone numbers live; `e164.` and the zone unless said. */
    telSuffix: domain().optional(),
    /** Nameservers, each in the zone with its addresses; the first is the primary that the SOA names. */
    nameservers: nameservers().refine((servers) => servers.length > 0, 'names no nameserver'),
    /** Mailbox of whoever runs the zone, as a domain name (RFC 1035 §3.3.13); `hostmaster.` and the zone unless said. */
    hostmaster: domain().optional(),
    /** DNSSEC algorithm of keys made on first start: 8, 13, 14 or 15. */
    algorithm: z
      .enum(['8', '13', '14', '15'])
      .default('13')
      .transform((text) => Number(text) as 8 | 13 | 14 | 15),
    /** Zone file of records of the operator's own; read again when it changes. */
    staticRecords: z.string().min(1).optional(),
    /** How long one denial key signs. */
    denialKeyEvery: duration().default(7 * 24 * hour),
    /** The most that a look-up replica may be behind: denial keys are shown this much and a TTL before they sign, and after. */
    replicaLag: duration().default(24 * hour),
    /** Lifetime of a signature. */
    signatureValidity: duration().default(21 * 24 * hour),
    /** A signature with less than this left is made anew. */
    refreshBefore: duration().default(14 * 24 * hour),
    /** Lifetimes are cut by up to this much, by a hash of the owner, so that refreshes spread. */
    signatureJitter: duration().default(24 * hour),
    /** Time between two looks for signatures to refresh, a lost journal and a due snapshot. */
    upkeepEvery: duration().default(30_000),
    /** TTL of NS, addresses, DNSKEY and SOA. */
    zoneTtl: duration().default(hour),
    /** How long resolvers may remember that a name is not there: the SOA's MINIMUM (RFC 2308 §4). */
    negativeTtl: duration().default(60_000),
    /** SOA timers for secondaries. */
    soaRefresh: duration().default(hour),
    soaRetry: duration().default(600_000),
    soaExpire: duration().default(7 * 24 * hour),
    /** A snapshot is made after so many journal entries … */
    snapshotEntries: count(1, 1_000_000).default(5_000),
    /** … or after so long, when anything has changed. Well under the seven days that the journal is kept. */
    snapshotEvery: duration().default(6 * hour),
    /** The most binding events that share one serial. */
    burst: count(1, 1_000).default(500),
  })
  .superRefine((config, context) => {
    const refuse = (key: keyof typeof config, message: string) =>
      context.addIssue({ code: 'custom', path: [key], message });
    if (config.refreshBefore + config.signatureJitter >= config.signatureValidity)
      refuse('refreshBefore', 'with CALLBOOK_SIGNATURE_JITTER has to be shorter than CALLBOOK_SIGNATURE_VALIDITY');
    // A secondary that has lost us must stop before what it holds turns bogus.
    if (config.soaExpire > config.refreshBefore - config.zoneTtl - hour)
      refuse('soaExpire', 'has to end an hour and a TTL before CALLBOOK_REFRESH_BEFORE');
    if (config.denialKeyEvery < shortestRotation(config))
      refuse('denialKeyEvery', 'has to be at least twice CALLBOOK_REPLICA_LAG and CALLBOOK_ZONE_TTL together');
    if (config.snapshotEvery > 6 * 24 * hour) refuse('snapshotEvery', 'has to be 6d or less: the journal is kept 7d');
    if (config.telSuffix && !config.telSuffix.isWithin(config.zone)) refuse('telSuffix', 'is not within the zone');
    for (const { name, addresses } of config.nameservers)
      if (name.isWithin(config.zone) !== addresses.length > 0)
        refuse('nameservers', 'needs addresses for names in the zone, and for no others');
  })
  .transform((config) => ({
    ...config,
    telSuffix: config.telSuffix ?? config.zone.prepend('e164'),
    hostmaster: config.hostmaster ?? config.zone.prepend('hostmaster'),
  }));
export type SignerConfig = z.output<typeof SignerConfig>;
