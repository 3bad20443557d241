import { readZoneFile, RRType, type Name, type RR } from '@callbook/dns';
import { readFileSync } from 'node:fs';
import { ZoneError } from '../zone/zone-error.js';
import { ZoneStore } from '../zone/zone-store.js';

/** The zone of a zone file (RFC 1035 §5), whose first record is its SOA. Errors: DnsError with the line, ZoneError when it is not one zone. */
export function zoneOfFile(file: string, seed: number): ZoneStore {
  const records = readZoneFile(readFileSync(file, 'latin1'));
  return ZoneStore.of(apexOf(records), records, { seed });
}

function apexOf(records: readonly RR[]): Name {
  const soa = records.find(({ type }) => type === RRType.SOA);
  if (!soa) throw new ZoneError('a zone file without a SOA record');
  return soa.name;
}
