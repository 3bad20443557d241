import { DnsError, Name, type TsigKey } from '@callbook/dns';
import { isIP } from 'node:net';
import { addressOctets } from '../streams/client.js';
import type { Client } from '../answer/responder.js';

/** Addresses that may transfer: all that have the first `bits` in common. With `key`, only those that also sign with it. */
export interface AddressRule {
  readonly octets: Uint8Array;
  readonly bits: number;
  readonly key?: Name;
}

export interface TransferRules {
  readonly allow: readonly AddressRule[];
  readonly keys: readonly TsigKey[];
}

/**
 * Who may have the zone as a whole: the one decision for every way in which it can be asked for (AXFR, IXFR; UDP, TCP, TLS).
 *
 * An address of the list may, and so may whoever has a key, from anywhere, unless the list names the key and thereby says where it may be used.
 * Over HTTPS nobody may: RFC 8484 answers have one message.
 *
 * @param key with which the request was verified. A request whose TSIG did not hold never comes here.
 */
export function mayTransfer({ allow }: TransferRules, client: Client, key: TsigKey | undefined): boolean {
  if (client.carrier === 'https') return false;
  const isBound = key !== undefined && allow.some((rule) => rule.key?.equals(key.name));
  if (key && !isBound) return true;
  return allow.some((rule) => covers(rule, client) && (!rule.key || (key !== undefined && rule.key.equals(key.name))));
}

function covers({ octets, bits }: AddressRule, { address, addressStart, addressLength }: Client): boolean {
  if (octets.length !== addressLength) return false;
  const whole = bits >> 3;
  for (let at = 0; at < whole; at += 1) if (octets[at] !== address[addressStart + at]) return false;
  const mask = (0xff00 >> (bits & 7)) & 0xff;
  return mask === 0 || ((octets[whole]! ^ address[addressStart + whole]!) & mask) === 0;
}

/** Reads `192.0.2.1`, `2001:db8::/32`, or `192.0.2.0/24@key.name`. @throws DnsError VALUE_OUT_OF_RANGE */
export function addressRuleOf(text: string): AddressRule {
  const [, address = '', prefix, key] = /^([^/@]+)(?:\/(\d{1,3}))?(?:@(.+))?$/.exec(text) ?? [];
  if (isIP(address) === 0) throw new DnsError('VALUE_OUT_OF_RANGE', 'not an address or a prefix');
  const octets = addressOctets(address);
  const bits = prefix === undefined ? octets.length * 8 : Number(prefix);
  if (bits > octets.length * 8) throw new DnsError('VALUE_OUT_OF_RANGE', 'a prefix longer than an address');
  return { octets, bits, ...(key ? { key: Name.parse(key) } : {}) };
}
