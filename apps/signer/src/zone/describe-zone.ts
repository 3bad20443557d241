import type { ZoneHead } from '@callbook/contracts';
import { RRType, textOf, type Name } from '@callbook/dns';
import { dsOf } from '@callbook/dnssec';
import type { Suffixes } from '../bindings/rrsets-of-binding.js';
import type { ZoneKeys } from '../keys/zone-keys.js';

/** What the parent, and whoever validates without one, has to know. */
export function describeZone(zone: Name, keys: ZoneKeys, suffixes: Suffixes, serial: number, ttl: number): ZoneHead {
  const record = (type: number, rdata: Uint8Array) => textOf({ name: zone, type, class: 1, ttl, rdata });
  return {
    apex: zone.toString(),
    serial,
    ds: [record(RRType.DS, dsOf(zone, keys.ksk.rdata))],
    anchors: [record(RRType.DNSKEY, keys.ksk.rdata)],
    suffixes: {
      tel: suffixes.tel.toString(),
      mailto: suffixes.mailto.toString(),
      sip: suffixes.sip.toString(),
    },
  };
}
