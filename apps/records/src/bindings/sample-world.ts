import type { CountersignatureClaims } from '@callbook/contracts';
import { AttestationKeys } from '../attestations/attestation-keys.js';
import { checkAttestation } from '../attestations/check-attestation.js';
import { sampleDirectory, sampleIdentity, sampleNow, type SampleIdentity } from '../attestations/sample-identity.js';
import { memoryBindings, type MemoryBindings } from './memory-bindings.js';
import { publishBinding, type PublishDeps } from './publish-binding.js';
import { hashOf, sampleHolder, sampleStatement, type SampleHolder } from './sample-holder.js';

/** A directory in memory, its identity service, and two people with keys. */
export interface SampleWorld {
  readonly ann: SampleHolder;
  readonly eve: SampleHolder;
  readonly identity: SampleIdentity;
  /** A directory where nothing is published. */
  empty(): SampleRecords;
  /** A directory where Ann has published twice. */
  withAnn(): Promise<{ here: SampleRecords; first: object; second: object }>;
  /** A first statement with a valid attestation. */
  firstOf(holder: SampleHolder, changed?: Parameters<typeof sampleStatement>[0]): Promise<object>;
}

export interface SampleRecords extends PublishDeps {
  readonly bindings: MemoryBindings;
  readonly nudges: () => number;
}

export async function sampleWorld(): Promise<SampleWorld> {
  const [ann, eve, identity] = await Promise.all([sampleHolder(), sampleHolder(), sampleIdentity()]);
  const empty = () => recordsOf(identity);
  const firstOf: SampleWorld['firstOf'] = async (holder, changed = {}) =>
    sampleStatement({ attestation: await identity.attest(holder.account), ...changed });
  const withAnn = async () => {
    const here = empty();
    const first = await firstOf(ann);
    const second = sampleStatement({ sequence: 2, previous: hashOf(first), ttl: 60 });
    await publishBinding(here, await ann.request(first));
    await publishBinding(here, await ann.request(second));
    return { here, first, second };
  };
  return { ann, eve, identity, empty, withAnn, firstOf };
}

function recordsOf(identity: SampleIdentity): SampleRecords {
  const keys = new AttestationKeys(identity.source, () => sampleNow);
  let nudges = 0;
  let events = 0;
  return {
    directory: sampleDirectory,
    clock: () => sampleNow,
    bindings: memoryBindings(),
    checkAttestation: (attestation, expected) => checkAttestation(attestation, expected, (kid) => keys.find(kid)),
    countersign: async (claims: CountersignatureClaims) =>
      `aGVhZA.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`,
    newEventId: () => `event-${(events += 1)}`,
    nudge: () => (nudges += 1),
    nudges: () => nudges,
  };
}
