import { RRType } from '@callbook/dns';
import { recordsOf, sameOctets } from '../zone/signed-set.js';
import { zoneItself } from '../zone/subject.js';
import { soaSet, zoneSets } from '../zone/zone-content.js';
import { difference } from './difference.js';
import { publish } from './publish.js';
import type { SigningZone } from './signing-zone.js';

/** Brings what the zone has of itself to what configuration and keys say, in one journal entry. */
export async function configureZone(signing: SigningZone): Promise<void> {
  const { store, settings, keys } = signing.parts;
  await signing.inTurn(async (head) => {
    const stored = (await store.setsOf([zoneItself])).filter(({ type }) => type !== RRType.SOA);
    const wanted = zoneSets(settings, [keys.ksk.rdata, keys.zsk.rdata, keys.denial.rdata]);
    const change = difference(stored, wanted);
    const soaDiffers = !sameOctets(recordsOf(soaSet(settings, head.serial)), head.soa.records);
    if (soaDiffers || change.put.length + change.remove.length > 0)
      await publish(signing, head, [change], { evenIfNothing: true });
  });
}
