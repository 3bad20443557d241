import { decodeMessage, encodeMessage, queryFor, RRType, serialCompare, soa, type Name } from '@callbook/dns';
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';

/** Tells when every look-up replica serves a zone serial: by asking each for the SOA record, as any secondary would (RFC 1996 §4.5). */
export interface ServedSerials {
  /** True once all replicas serve `serial` or a later one; false when `milliseconds` pass first. */
  waitFor(serial: number, milliseconds: number): Promise<boolean>;
}

const firstPause = 2;
const longestPause = 50;
const answerWithin = 500;

export function createServedSerials(apex: Name, replicas: readonly string[]): ServedSerials {
  return {
    waitFor: async (serial, milliseconds) => {
      const until = performance.now() + milliseconds;
      const addresses = (await Promise.all(replicas.map(addressesOf))).flat();
      const served = await Promise.all(addresses.map((address) => servedBy(address, apex, serial, until)));
      return served.every(Boolean);
    },
  };
}

interface Address {
  readonly host: string;
  readonly port: number;
}

async function addressesOf(replica: string): Promise<Address[]> {
  const colon = replica.lastIndexOf(':');
  const host = replica.slice(0, colon).replace(/^\[|\]$/g, '');
  const port = Number(replica.slice(colon + 1));
  const hosts = isIP(host) ? [host] : (await lookup(host, { all: true })).map(({ address }) => address);
  return hosts.map((each) => ({ host: each, port }));
}

async function servedBy(address: Address, apex: Name, serial: number, until: number): Promise<boolean> {
  for (let pause = firstPause; performance.now() < until; pause = Math.min(pause * 2, longestPause)) {
    const current = await serialAt(address, apex, Math.min(answerWithin, until - performance.now()));
    if (current !== undefined && serialCompare(current, serial) >= 0) return true;
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
  return false;
}

function serialAt({ host, port }: Address, apex: Name, milliseconds: number): Promise<number | undefined> {
  const id = randomInt(65_536);
  const socket = createSocket(isIP(host) === 6 ? 'udp6' : 'udp4');
  return new Promise<number | undefined>((resolve) => {
    const timer = setTimeout(() => resolve(undefined), Math.max(1, milliseconds));
    socket.once('error', () => resolve(undefined));
    socket.on('message', (octets) => {
      const serial = serialIn(octets, id);
      if (serial === undefined) return;
      clearTimeout(timer);
      resolve(serial);
    });
    socket.connect(port, host, () => socket.send(encodeMessage(soaQuery(id, apex))));
  }).finally(() => socket.close());
}

const soaQuery = (id: number, apex: Name) => queryFor({ name: apex, type: RRType.SOA, class: 1 }, id);

function serialIn(octets: Uint8Array, id: number): number | undefined {
  try {
    const reply = decodeMessage(octets);
    const record = reply.answers.find(({ type }) => type === RRType.SOA);
    return reply.id === id && reply.response && record ? soa.read(record.rdata).serial : undefined;
  } catch {
    return undefined;
  }
}
