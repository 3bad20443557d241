import { RRType } from '@callbook/dns';
import { recordsOf, sameOctets } from '../zone/signed-set.js';
import { zoneItself } from '../zone/subject.js';
import { soaSet, zoneSets } from '../zone/zone-content.js';
import { difference } from './difference.js';
import { publish } from './publish.js';
import type { Head, SigningZone } from './signing-zone.js';

/** Brings what the zone has of itself to what configuration and keys say, in one journal entry. */
export const configureZone = (signing: SigningZone): Promise<void> =>
  signing.inTurn((head) => configureInTurn(signing, head));

/** As `configureZone`, from within a turn. */
export async function configureInTurn(signing: SigningZone, head: Head): Promise<void> {
  const { store, settings, keys } = signing.parts;
  const stored = (await store.setsOf([zoneItself])).filter(({ type }) => type !== RRType.SOA);
  const change = difference(stored, zoneSets(settings, keys.dnskeys));
  const soaDiffers = !sameOctets(recordsOf(soaSet(settings, head.serial)), head.soa.records);
  if (soaDiffers || change.put.length + change.remove.length > 0)
    await publish(signing, head, [change], { evenIfNothing: true });
}
