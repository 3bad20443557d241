import { wantedAsStored } from '../zone/signed-set.js';
import { RRType } from '@callbook/dns';
import { publish, renewal } from './publish.js';
import type { SigningZone } from './signing-zone.js';

/** Small, so that a wave of refreshes does not keep a binding waiting. */
const batch = 256;

/**
 * Makes signatures anew that end within `refreshBefore` milliseconds, by the same path as every change, a batch a turn. Returns how many
 * RRsets were signed.
 */
export async function refreshSignatures(signing: SigningZone, refreshBefore: number): Promise<number> {
  const { store, clock } = signing.parts;
  for (let refreshed = 0; ;) {
    const done = await signing.inTurn(async (head) => {
      const due = await store.endingBefore(Math.floor((clock() + refreshBefore) / 1_000), batch);
      // The SOA is signed with every entry, whatever else is in it.
      const renewed = due.filter(({ type }) => type !== RRType.SOA).map((set) => renewal(set, wantedAsStored(set)));
      if (due.length > 0) await publish(signing, head, renewed, { evenIfNothing: true });
      return due.length;
    });
    refreshed += done;
    if (done < batch) return refreshed;
  }
}
