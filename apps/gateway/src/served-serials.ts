import type { Name } from '@callbook/dns';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { ReplicaWatch, type ReplicaAddress } from './replica-watch.js';

/** Tells when every look-up replica serves a zone serial: by asking each for the SOA record, as any secondary would (RFC 1996 §4.5). */
export interface ServedSerials {
  /** True once all replicas serve `serial` or a later one; false when `milliseconds` pass first. */
  waitFor(serial: number, milliseconds: number): Promise<boolean>;
}

/** However many wait, a replica is asked one question at a time. */
export function createServedSerials(apex: Name, replicas: readonly string[]): ServedSerials {
  const watches = new Map<string, ReplicaWatch>();

  async function servedBy(address: ReplicaAddress, serial: number, until: number): Promise<boolean> {
    const key = `${address.host} ${address.port}`;
    const watch = watches.get(key) ?? new ReplicaWatch(address, apex, () => watches.delete(key));
    watches.set(key, watch);
    return watch.waitFor(serial, until);
  }

  return {
    waitFor: async (serial, milliseconds) => {
      const until = performance.now() + milliseconds;
      const addresses = (await Promise.all(replicas.map(addressesOf))).flat();
      const served = await Promise.all(addresses.map((address) => servedBy(address, serial, until)));
      return served.every(Boolean);
    },
  };
}

async function addressesOf(replica: string): Promise<ReplicaAddress[]> {
  const colon = replica.lastIndexOf(':');
  const host = replica.slice(0, colon).replace(/^\[|\]$/g, '');
  const port = Number(replica.slice(colon + 1));
  const hosts = isIP(host) ? [host] : (await lookup(host, { all: true })).map(({ address }) => address);
  return hosts.map((each) => ({ host: each, port }));
}
