import { bindingPublishedSubject, bindingsStream, records, signer } from '@callbook/contracts';
import { clientOf, consumeBatches, startProcess } from '@callbook/process';
import { suffixesOf } from './bindings/rrsets-of-binding.js';
import { contentsOf } from './bindings/binding-events.js';
import { SignerConfig } from './config.js';
import { keepSnapshot } from './feed/keep-snapshot.js';
import { level } from './feed/level.js';
import { ZoneFeed } from './feed/zone-feed.js';
import { keepZoneKeys } from './keys/keep-zone-keys.js';
import { takeLeadership } from './leader/leadership.js';
import { untilAvailable } from './leader/until-available.js';
import { configureZone } from './publish/configure-zone.js';
import { PublicationWaiters } from './publish/publication-waiters.js';
import { signBindings } from './publish/sign-bindings.js';
import { LeadershipLost, SigningZone } from './publish/signing-zone.js';
import { auditZone } from './rebuild/audit.js';
import { keepReconciled } from './rebuild/keep-reconciled.js';
import { signingMetrics } from './signing-metrics.js';
import { keepUp } from './upkeep.js';
import { describeZone } from './zone/describe-zone.js';
import { subjectOf } from './zone/subject.js';
import { ZoneStore } from './zone/zone-store.js';

const { config, nats, clock, log, metrics, require, onStop, run } = await startProcess('signer', SignerConfig);
const measured = signingMetrics(metrics);
const { zone } = config;

// Ready is also who stands by: it waits for the lock, and serves nothing.
let state: 'starting' | 'standing by' | 'leading' = 'starting';
require('zone', () => state !== 'starting');
const standBy = async () => {
  state = 'standing by';
  await run();
};
const leadership = await takeLeadership({ databaseUrl: config.databaseUrl, log, standBy }, zone);
onStop(() => leadership.end());
measured.leading.set(1);

const { store, epoch } = await ZoneStore.open(config.databaseUrl, zone);
onStop(() => store.close());
const keys = await keepZoneKeys(store, config);
const signing = new SigningZone({
  zone,
  settings: config,
  policy: config,
  keys,
  epoch,
  store,
  feed: await ZoneFeed.open(nats, zone),
  waiters: new PublicationWaiters(),
  clock,
  log,
  measured,
  level: (parts) => level(parts, config.denialKeyEncryptionKey),
  onLost: (error) =>
    setImmediate(() => {
      throw error;
    }),
});
leadership.onLost(() => signing.end(new LeadershipLost('the lock is lost')));

// The zone is there, whole, before anything is promised.
await untilAvailable(log, () => configureZone(signing));
const suffixes = suffixesOf(config);
const source = clientOf(records, nats);
const reconciling = keepReconciled({ nats, signing, source, suffixes, log, measured }, config.upkeepEvery);
if (!(await store.isCompared())) await untilAvailable(log, () => reconciling.now());
await untilAvailable(log, () => keepSnapshot(signing, config));

const consuming = consumeBatches(
  { nats, log },
  {
    stream: bindingsStream,
    durable: 'signer',
    subject: bindingPublishedSubject,
    maximum: config.burst,
    handle: (messages) => signBindings({ signing, suffixes }, contentsOf(messages)),
  },
);
const upkeep = keepUp(signing, config);
onStop(() => Promise.all([consuming.stop(), reconciling.stop(), upkeep.stop()]));

void (async () => {
  for await (const { type } of nats.status())
    if (type === 'reconnect') {
      upkeep.nudge();
      reconciling.nudge();
    }
})();

require('database', async () => (await store.head()).epoch === epoch);
require('binding events', () => consuming.running());
state = 'leading';
await run(signer, {
  'zone.head': async () => describeZone(zone, keys, suffixes, signing.appendedSerial!, config.zoneTtl / 1_000),
  'publication.await': ({ identifier, sequence, wait }) =>
    signing.parts.waiters.wait(signing, subjectOf(identifier), sequence, wait),
  'zone.audit': () => auditZone({ signing, source, suffixes }),
  'zone.reconcile': () => reconciling.now(),
});
