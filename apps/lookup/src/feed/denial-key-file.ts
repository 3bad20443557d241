import { RRType } from '@callbook/dns';
import { DnssecError, importZoneKey, keyTag, type ZoneKey } from '@callbook/dnssec';
import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ZoneError } from '../zone/zone-error.js';
import type { ZoneStore } from '../zone/zone-store.js';

const algorithms = [13, 14, 15, 8] as const;
const flags = [256, 257] as const;

/** The key in a PKCS#8 PEM file that signs denials, whichever of the zone's it is. Errors: ZoneError when the zone does not show it. */
export function readDenialKey(file: string, zone: ZoneStore): ZoneKey {
  const pkcs8 = createPrivateKey(readFileSync(file)).export({ format: 'der', type: 'pkcs8' });
  const shown = new Set(zone.set(zone.apex.name, RRType.DNSKEY)?.set.rdatas.map(keyTag));
  for (const algorithm of algorithms) {
    for (const flag of flags) {
      const key = keyOf(pkcs8, algorithm, flag);
      if (key && shown.has(key.tag)) return key;
    }
  }
  throw new ZoneError('the zone does not show this key');
}

function keyOf(pkcs8: Uint8Array, ...[algorithm, flag]: [(typeof algorithms)[number], (typeof flags)[number]]) {
  try {
    return importZoneKey(pkcs8, algorithm, flag);
  } catch (error) {
    if (!(error instanceof DnssecError)) throw error;
    return undefined;
  }
}
