import { DnsError, Name, tsigKeyOf, type TsigKey } from '@callbook/dns';
import { count, list } from '@callbook/process';
import { isIP } from 'node:net';
import { z } from 'zod';
import { addressRuleOf } from './access.js';
import type { Secondary } from './notify.js';

/** Settings of transfers. */
export const transferSettings = {
  /**
   * Addresses and prefixes that may transfer the whole zone (AXFR, RFC 5936; IXFR, RFC 1995). `192.0.2.0/24@key.name`: those that also sign with
   * that key, which is then of no use elsewhere.
   */
  transferAllow: list()
    .default([])
    .transform((items, context) => each(items, context, addressRuleOf, 'is not a list of addresses or prefixes')),
  /** Secrets of TSIG (RFC 8945), each `name=hmac-sha256:base64` or `hmac-sha512`. Who signs with one may transfer the zone. */
  transferKeys: list()
    .default([])
    .transform((items, context) => each(items, context, tsigKeyOf, 'is not a list of name=algorithm:base64')),
  /** Secondaries that are told of every new serial (NOTIFY, RFC 1996): `192.0.2.1:53`, `[2001:db8::1]:53/key.name`. */
  notify: list()
    .default([])
    .transform((items, context) => each(items, context, notifiedOf, 'is not a list of address:port[/key]')),
  /** Octets of changes that are kept to answer IXFR from. */
  transferHistory: count(0, 4_294_967_296).default(67_108_864),
  /** Transfers at once. */
  transferLimit: count(1, 1_000).default(16),
};

/** What to notify, before its key was looked up. */
export interface Notified {
  readonly host: string;
  readonly port: number;
  readonly key?: Name;
}

/** A value that cannot be read is an error that does not repeat it: it may be a secret. */
function each<T>(items: readonly string[], context: z.RefinementCtx, read: (item: string) => T, message: string): T[] {
  try {
    return items.map(read);
  } catch (error) {
    if (!(error instanceof DnsError)) throw error;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  }
}

function notifiedOf(text: string): Notified {
  const [, six, four, port, key] = /^(?:\[([^\]]+)\]|([\d.]+)):(\d{1,5})(?:\/(.+))?$/.exec(text) ?? [];
  const host = six ?? four ?? '';
  if (isIP(host) === 0 || Number(port) < 1 || Number(port) > 65_535)
    throw new DnsError('VALUE_OUT_OF_RANGE', 'not an address and a port');
  return { host, port: Number(port), ...(key ? { key: Name.parse(key) } : {}) };
}

/** Every key that an address or a secondary is bound to is there. */
export const knowsItsKeys = (settings: {
  readonly transferAllow: readonly { readonly key?: Name }[];
  readonly transferKeys: readonly TsigKey[];
  readonly notify: readonly Notified[];
}): boolean =>
  [...settings.transferAllow, ...settings.notify].every(
    ({ key }) => !key || settings.transferKeys.some(({ name }) => name.equals(key)),
  );

export const secondariesOf = (notify: readonly Notified[], keys: readonly TsigKey[]): Secondary[] =>
  notify.map(({ host, port, key: named }) => {
    const key = named && keys.find(({ name }) => name.equals(named));
    return { host, port, ...(key ? { key } : {}) };
  });
