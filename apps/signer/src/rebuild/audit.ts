import type { BindingContent } from '@callbook/contracts';
import { readRRs, RRType, type RR } from '@callbook/dns';
import { verifyRRset } from '@callbook/dnssec';
import { rrsetsOfBinding, type Suffixes } from '../bindings/rrsets-of-binding.js';
import type { SigningZone } from '../publish/signing-zone.js';
import { isAsWanted, rrsetOf, setKey, wantedAsStored, type SignedSet, type WantedSet } from '../zone/signed-set.js';
import { ofOperator, subjectOf, zoneItself } from '../zone/subject.js';
import { soaSet, zoneSets } from '../zone/zone-content.js';
import { exportedBindings, type BindingSource } from './reconcile.js';

/** RRsets, but for `owners` and `serial`. */
export interface Audited {
  serial: number;
  owners: number;
  /** Wanted by a binding or the configuration, and not there. */
  missing: number;
  /** There, and wanted by nothing. */
  surplus: number;
  /** There, with other records. */
  different: number;
  /** Not signed by the key that signs such sets, or not now. */
  badSignatures: number;
}

interface AuditDeps {
  readonly signing: SigningZone;
  readonly source: BindingSource;
  readonly suffixes: Suffixes;
  /** What the operator's file wants, as far as it was accepted; without it, what is stored of it is taken as wanted. */
  readonly ofFile?: readonly WantedSet[] | undefined;
}

/**
 * Compares the signed state with a rebuild from `records`, and verifies every signature. Nothing is held still: what is published
 * meanwhile may be counted as a difference, so that only an audit of a quiet zone has to be clean.
 */
export async function auditZone({ signing, source, suffixes, ofFile }: AuditDeps): Promise<Audited> {
  const { store, settings, keys } = signing.parts;
  const serial = await signing.inTurn(async (head) => head.serial);
  const own = await store.setsOf([zoneItself]);
  const found = new Comparison();
  found.compare(own, [...zoneSets(settings, keys.dnskeys), { subject: zoneItself, set: soaSet(settings, serial) }]);

  const ofOperatorStored = await store.setsOf([ofOperator]);
  found.compare(ofOperatorStored, ofFile ?? ofOperatorStored.map(wantedAsStored));

  for await (const page of exportedBindings(source)) {
    const stored = await store.setsOf(page.map(({ identifier }) => subjectOf(identifier)));
    found.compare(
      stored,
      page.flatMap((content) => wantedOf(content, suffixes)),
    );
  }

  const { owners, sets, badSignatures } = await store.readWhole(
    () => {},
    (pages) => verifyAll(signing, pages),
  );
  const { missing, different, seen } = found;
  return { serial, owners, missing, surplus: found.surplus + Math.max(0, sets - seen), different, badSignatures };
}

class Comparison {
  missing = 0;
  surplus = 0;
  different = 0;
  /** Stored sets that were looked at. */
  seen = 0;

  compare(stored: readonly SignedSet[], wanted: readonly WantedSet[]): void {
    const left = new Map(stored.map((set) => [setKey(set.owner, set.type), set]));
    for (const one of wanted) {
      const key = setKey(one.set.name, one.set.type);
      const there = left.get(key);
      left.delete(key);
      if (!there) this.missing += 1;
      else if (!isAsWanted(there, one)) this.different += 1;
    }
    this.surplus += left.size;
    this.seen += stored.length;
  }
}

/** What cannot be made into RRsets is not in the zone, and should not be. */
function wantedOf(content: BindingContent, suffixes: Suffixes): WantedSet[] {
  try {
    const subject = subjectOf(content.identifier);
    return rrsetsOfBinding(content, suffixes).map((set) => ({ subject, set }));
  } catch {
    return [];
  }
}

async function verifyAll(signing: SigningZone, pages: AsyncIterable<readonly SignedSet[]>) {
  const { clock } = signing.parts;
  let [owners, sets, badSignatures] = [0, 0, 0];
  let owner: string | undefined;
  for await (const page of pages) {
    for (const set of page) {
      if (set.owner.key !== owner) owners += 1;
      owner = set.owner.key;
      sets += 1;
      if (!isWellSigned(signing, set, Math.floor(clock() / 1_000))) badSignatures += 1;
    }
    // Verifying a page takes a while; whoever publishes need not wait for all of them.
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { owners, sets, badSignatures };
}

function isWellSigned(signing: SigningZone, set: SignedSet, now: number): boolean {
  const { keys, zone } = signing.parts;
  const key = set.type === RRType.DNSKEY ? keys.ksk : keys.zsk;
  const verifies = (signature: RR) => {
    try {
      verifyRRset(rrsetOf(set), signature, key.rdata, zone, now);
      return true;
    } catch {
      return false;
    }
  };
  const signatures = readRRs(set.signatures);
  // Whether they should be there was compared already.
  if (set.subject === ofOperator && signatures.length === 0) return true;
  return signatures.length > 0 && signatures.every(verifies);
}
