import { count, duration, list, port, processSettings, secretKey } from '@callbook/process';
import { Name } from '@callbook/dns';
import { isIP } from 'node:net';
import { z } from 'zod';

export const LookupConfig = z.strictObject({
  ...processSettings,
  /** Apex of the zone that is served, as in `callbook.example.` */
  zone: z.string().transform((text) => Name.parse(text)),
  /** Address and port of DNS, UDP and TCP alike. */
  dnsHost: z.string().default('127.0.0.1'),
  dnsPort: port(),
  /** Key under which the signer hands over the keys that sign denials. */
  denialKeyEncryptionKey: secretKey(),
  /** Addresses that may transfer the whole zone (AXFR, RFC 5936). */
  transferAllow: list()
    .default([])
    .refine((addresses) => addresses.every((address) => isIP(address) !== 0), 'is not a list of IP addresses'),
  /** Largest UDP answer in octets (DNS flag day 2020). */
  udpLimit: count(512, 4_096).default(1_232),
  /** TCP connections at once; the one that was idle longest makes room (RFC 7766 §6.2.3). */
  tcpConnections: count(1, 100_000).default(1_000),
  tcpIdle: duration().default(10_000),
});
export type LookupConfig = z.output<typeof LookupConfig>;
