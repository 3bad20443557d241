import { count, duration, list, port, processSettings, secretKey } from '@callbook/process';
import { Name } from '@callbook/dns';
import { isIP } from 'node:net';
import { z } from 'zod';
import { knowsItsKeys, transferSettings } from './transfer/settings.js';

/** How a zone is served, wherever it comes from. */
const serving = {
  /** IP addresses of DNS over UDP, TCP, TLS and HTTPS; `0.0.0.0` and `::` stand for all that the machine has when the process starts. */
  dnsHost: list()
    .default(['127.0.0.1'])
    .refine((hosts) => hosts.length > 0 && hosts.every((host) => isIP(host) !== 0), 'is not a list of IP addresses'),
  /** Port of DNS, UDP and TCP alike. */
  dnsPort: port(),
  /** Port of DNS over TLS (RFC 7858); without it there is none. */
  dotPort: port().optional(),
  /** Port of DNS over HTTPS (RFC 8484); without it there is none. */
  dohPort: port().optional(),
  /** PEM files of the certificate of both; or the directory in which the gateway keeps the one that it made. */
  tlsCertificate: z.string().optional(),
  tlsKey: z.string().optional(),
  tlsDirectory: z.string().optional(),
  /** Threads that answer UDP; as many as there are processors unless told. */
  workers: count(1, 256).optional(),
  /** How packets are moved: in batches where the system can, or on Node's own sockets. */
  packets: z.enum(['auto', 'batched', 'portable']).default('auto'),
  /** Largest UDP answer in octets (DNS flag day 2020). */
  udpLimit: count(512, 4_096).default(1_232),
  /** What this replica calls itself for those who ask (NSID, RFC 5001). */
  nsid: z.string().max(64).optional(),
  /** UDP answers of a kind each second to one network (IPv4 /24, IPv6 /56) without a DNS cookie; 0: as many as there are queries. */
  rateLimit: count(0, 1_000_000_000).default(200),
  /** Every so manyth answer over the limit is sent empty with TC; 0: none. */
  rateLimitSlip: count(0, 1_000).default(2),
  /** Denials that one thread signs on line each second for UDP, half of them for clients without a cookie; over that they come back over TCP. */
  denialSignatures: count(1, 1_000_000_000).default(10_000),
  /** Connections of TCP, and as many of TLS and HTTPS each; the one that was idle longest makes room (RFC 7766 §6.2.3). */
  tcpConnections: count(1, 100_000).default(1_000),
  /** Of one client: an IPv4 address, or an IPv6 /64. */
  tcpConnectionsPerClient: count(1, 100_000).default(100),
  tcpIdle: duration().default(10_000),
  ...transferSettings,
};

interface Served {
  readonly dotPort?: number | undefined;
  readonly dohPort?: number | undefined;
  readonly tlsCertificate?: string | undefined;
  readonly tlsKey?: string | undefined;
  readonly tlsDirectory?: string | undefined;
}

const hasCertificate = ({ dotPort, dohPort, tlsCertificate, tlsKey, tlsDirectory }: Served) =>
  (dotPort === undefined && dohPort === undefined) ||
  (tlsCertificate !== undefined && tlsKey !== undefined) ||
  tlsDirectory !== undefined;
const needsCertificate =
  'CALLBOOK_DOT_PORT and CALLBOOK_DOH_PORT need CALLBOOK_TLS_CERTIFICATE and CALLBOOK_TLS_KEY, or CALLBOOK_TLS_DIRECTORY';
const needsKeys = 'CALLBOOK_TRANSFER_ALLOW and CALLBOOK_NOTIFY name keys that CALLBOOK_TRANSFER_KEYS does not have';

/** The signer's zone, followed over NATS. */
export const LookupConfig = z
  .strictObject({
    ...processSettings,
    ...serving,
    /** Apex of the zone that is served, as in `callbook.example.` */
    zone: z.string().transform((text) => Name.parse(text)),
    /** Key under which the signer hands over the keys that sign denials. */
    denialKeyEncryptionKey: secretKey(),
  })
  .refine(hasCertificate, needsCertificate)
  .refine(knowsItsKeys, needsKeys);
export type LookupConfig = z.output<typeof LookupConfig>;

/** A zone file, and nothing else. */
export const ZoneFileConfig = z
  .strictObject({ logLevel: processSettings.logLevel, ...serving })
  .refine(hasCertificate, needsCertificate)
  .refine(knowsItsKeys, needsKeys);
export type ZoneFileConfig = z.output<typeof ZoneFileConfig>;

export type ServingConfig = ZoneFileConfig;
