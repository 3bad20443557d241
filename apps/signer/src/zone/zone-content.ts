import { a, aaaa, ns, RRType, soa, type Name, type RRset } from '@callbook/dns';
import { isIPv6 } from 'node:net';
import type { Nameserver } from '../config.js';
import type { WantedSet } from './signed-set.js';
import { zoneItself } from './subject.js';

/** What configuration says of the zone. Times in milliseconds, as read. */
export interface ZoneSettings {
  readonly zone: Name;
  readonly nameservers: readonly Nameserver[];
  readonly hostmaster: Name;
  readonly zoneTtl: number;
  readonly negativeTtl: number;
  readonly soaRefresh: number;
  readonly soaRetry: number;
  readonly soaExpire: number;
}

const seconds = (ms: number) => Math.ceil(ms / 1_000);

export function soaSet(settings: ZoneSettings, serial: number): RRset {
  const rdata = soa.write({
    mname: settings.nameservers[0]!.name,
    rname: settings.hostmaster,
    serial,
    refresh: seconds(settings.soaRefresh),
    retry: seconds(settings.soaRetry),
    expire: seconds(settings.soaExpire),
    minimum: seconds(settings.negativeTtl),
  });
  return set(settings, settings.zone, RRType.SOA, [rdata]);
}

/** What the zone has of itself, the SOA apart: NS, addresses of nameservers in the zone, and DNSKEY. */
export function zoneSets(settings: ZoneSettings, dnskeys: readonly Uint8Array[]): WantedSet[] {
  const { zone, nameservers } = settings;
  const addressesOf = ({ name, addresses }: Nameserver): RRset[] => [
    set(
      settings,
      name,
      RRType.A,
      addresses.filter((address) => !isIPv6(address)).map((address) => a.write({ address })),
    ),
    set(
      settings,
      name,
      RRType.AAAA,
      addresses.filter((address) => isIPv6(address)).map((address) => aaaa.write({ address })),
    ),
  ];
  return [
    set(
      settings,
      zone,
      RRType.NS,
      nameservers.map(({ name }) => ns.write({ target: name })),
    ),
    set(settings, zone, RRType.DNSKEY, dnskeys),
    ...nameservers.flatMap(addressesOf),
  ]
    .filter(({ rdatas }) => rdatas.length > 0)
    .map((wanted) => ({ subject: zoneItself, set: wanted }));
}

const set = (settings: ZoneSettings, name: Name, type: number, rdatas: readonly Uint8Array[]): RRset => ({
  name,
  type,
  class: 1,
  ttl: seconds(settings.zoneTtl),
  rdatas,
});
