import type { Random } from './random.js';
import { addDigitTree } from './zone-digits.js';
import { addAliases, addDelegations, addOddities, addStatic, addWildcards } from './zone-parts.js';
import { ZoneText } from './zone-text.js';

/** How a zone denies: without signatures, with a chain of NSEC or NSEC3, or signed without chain, where Callbook signs on line. */
export const variants = ['unsigned', 'nsec', 'nsec3', 'nsec3-opt-out', 'compact'] as const;
export type Variant = (typeof variants)[number];

const ttls = [0, 1, 30, 60, 300, 3_600, 86_400, 604_800];

/** A random zone in our shapes: a directory of numbers, with whatever operators put beside it. */
export function makeZone(random: Random, apex: string): ZoneText {
  const usual = random.pick(ttls.slice(1));
  const zone = new ZoneText(apex, () => (random.chance(0.3) ? random.pick(ttls) : usual));
  const minimum = random.pick([0, 1, 60, 300, 3_600, 86_400]);
  zone.add(apex, 'SOA', `ns1.${apex} hostmaster.${apex} ${random.below(4_294_967_296)} 3600 600 86400 ${minimum}`);
  addNameServers(random, zone);
  if (random.chance(0.7)) addDigitTree(random, zone);
  if (random.chance(0.7)) addStatic(random, zone);
  if (random.chance(0.55)) addDelegations(random, zone);
  if (random.chance(0.5)) addWildcards(random, zone);
  if (random.chance(0.6)) addAliases(random, zone);
  if (random.chance(0.4)) addOddities(random, zone);
  return zone;
}

function addNameServers(random: Random, zone: ZoneText): void {
  const { apex } = zone;
  for (let index = 1; index <= random.between(1, 3); index += 1) {
    if (random.chance(0.3)) {
      zone.add(apex, 'NS', `ns${index}.example.net.`);
      continue;
    }
    zone.add(apex, 'NS', `ns${index}.${apex}`);
    zone.add(`ns${index}.${apex}`, 'A', `192.0.2.${index}`); // BIND serves no zone whose servers have no address
    if (random.chance(0.5)) zone.add(`ns${index}.${apex}`, 'AAAA', `2001:db8::${index}`);
  }
  if (zone.owners.get(apex)?.types.get('NS') === undefined) zone.add(apex, 'NS', 'ns.example.net.');
}
