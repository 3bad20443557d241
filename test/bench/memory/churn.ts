import { Name, RRType, serialAdd, soa, type RR } from '@callbook/dns';
import { nodeOf, parseE164 } from '@callbook/enum';
import { ServedZone } from '../../../apps/lookup/src/zone/served-zone.js';
import { ZoneStore } from '../../../apps/lookup/src/zone/zone-store.js';
import { chanceOf, type Chance } from '../../faults/seed.js';
import { apex } from './zone.js';

const origin = Name.parse(apex);
const suffix = Name.parse(`e164.${apex}`);

/**
 * A day of changes at speed: numbers come, change and go, their records of any size; a reader comes by now and then, and a transfer holds an
 * edition for a long time. @returns the memory that the zone holds at the end to that of one made anew of its records
 */
export async function churn(entries: number, numbers: number, seed = 1): Promise<number> {
  const chance = chanceOf(seed);
  // Each ends after a twentieth of the zone has changed, which takes a secondary of a busy zone seconds.
  const transfers = { every: numbers, last: Math.ceil(numbers / 20) };
  const zone = new ServedZone(origin);
  const registered = new Map<number, RR[]>();
  const store = ZoneStore.of(origin, [soaOf(1)]);
  zone.serve(store);
  const view = zone.view();
  let transfer = zone.pin();
  let serial = 1;
  for (let entry = 0; entry < entries; entry += 1) {
    const number = chance.between(0, numbers);
    const removed = registered.get(number) ?? [];
    const added = removed.length > 0 && chance.between(0, 3) === 0 ? [] : recordsOf(number, chance);
    if (added.length > 0) registered.set(number, added);
    else registered.delete(number);
    const from = soaOf(serial);
    serial = serialAdd(serial, 1);
    store.apply({ from, to: soaOf(serial), removed, added });
    if (entry % 7 === 0) view.release();
    if (entry % 7 === 3) view.take();
    if (entry % transfers.every === 0) transfer = zone.pin();
    if (entry % transfers.every === transfers.last) transfer?.release();
  }
  view.release();
  transfer?.release();
  for (let last = 0; last < 2; last += 1) {
    const from = soaOf(serial);
    serial = serialAdd(serial, 1);
    store.apply({ from, to: soaOf(serial), removed: [], added: [] });
  }
  return store.octets.held / ZoneStore.of(origin, store.records()).octets.live;
}

function soaOf(serial: number): RR {
  const rdata = soa.write({
    ...{ mname: Name.parse(`ns1.${apex}`), rname: Name.parse(`hostmaster.${apex}`), serial },
    ...{ refresh: 3_600, retry: 900, expire: 604_800, minimum: 60 },
  });
  return { name: origin, type: RRType.SOA, class: 1, ttl: 60, rdata };
}

/** Each time others: records of a number change in size. */
function recordsOf(number: number, chance: Chance): RR[] {
  const name = nodeOf(parseE164(`+447700900${String(number).padStart(6, '0')}`), suffix);
  const record = (owner: Name, type: number, octets: number): RR => ({
    ...{ name: owner, type, class: 1, ttl: 300 },
    rdata: Uint8Array.from({ length: octets }, () => chance.between(0, 256)),
  });
  const records = [record(name, RRType.NAPTR, chance.between(50, 250))];
  if (chance.between(0, 2) === 0)
    records.push(record(name.prepend('_smimecert'), RRType.SMIMEA, chance.between(100, 500)));
  return records;
}
