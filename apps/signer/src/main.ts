import { bindingPublishedSubject, bindingsStream, CallbookError, records, signer } from '@callbook/contracts';
import { clientOf, consumeBatches, startProcess } from '@callbook/process';
import { suffixesOf } from './bindings/rrsets-of-binding.js';
import { contentsOf } from './bindings/binding-events.js';
import { SignerConfig } from './config.js';
import { keepSnapshot } from './feed/keep-snapshot.js';
import { level } from './feed/level.js';
import { ZoneFeed } from './feed/zone-feed.js';
import { adoptDenialKeys } from './keys/adopt-denial-keys.js';
import { keepZoneKeys } from './keys/keep-zone-keys.js';
import { leadInTerms, type LeaderState, type Term } from './leader/terms.js';
import { untilAvailable } from './leader/until-available.js';
import { configureZone } from './publish/configure-zone.js';
import { PublicationWaiters } from './publish/publication-waiters.js';
import { signBindings } from './publish/sign-bindings.js';
import { LeadershipLost, SigningZone } from './publish/signing-zone.js';
import { auditZone } from './rebuild/audit.js';
import { keepReconciled } from './rebuild/keep-reconciled.js';
import { signingMetrics } from './signing-metrics.js';
import { keepStaticRecords } from './static/keep-static-records.js';
import { staticRulesOf } from './static/static-rules.js';
import { keepUp } from './upkeep.js';
import { describeZone } from './zone/describe-zone.js';
import { subjectOf } from './zone/subject.js';
import { ZoneStore } from './zone/zone-store.js';

const { config, nats, clock, log, metrics, require, onStop, serve, run } = await startProcess('signer', SignerConfig);
const measured = signingMetrics(metrics);
const { zone } = config;
const suffixes = suffixesOf(config);
const source = clientOf(records, nats);

// Ready is also who stands by: it waits for the lock, and serves nothing.
let state: LeaderState = 'waiting';
require('zone', () => state === 'standing by' || state === 'leading');
const terms = leadInTerms(
  {
    databaseUrl: config.databaseUrl,
    zone,
    log,
    onState: (next) => {
      state = next;
      measured.leading.set(next === 'beginning' || next === 'leading' ? 1 : 0);
    },
  },
  lead,
);
onStop(() => terms.stop());

let onReconnect = () => {};
void (async () => {
  for await (const { type } of nats.status()) if (type === 'reconnect') onReconnect();
})();

/** One term, from the lock to the first answer. */
async function lead(term: Term): Promise<void> {
  const { store, epoch } = await ZoneStore.open(config.databaseUrl, zone);
  term.onEnd(() => store.close());
  const keys = await keepZoneKeys(store, config, clock());
  const feed = await ZoneFeed.open(nats, zone);
  const waiters = new PublicationWaiters();
  const signing = new SigningZone({
    zone,
    settings: config,
    policy: config,
    keys,
    epoch,
    store,
    feed,
    waiters,
    clock,
    log,
    measured,
    level: (parts) => level(parts, config.denialKeyEncryptionKey),
    onLost: (error) => term.end(error),
  });
  term.onEnd(() => {
    signing.end(new LeadershipLost('the term is over'));
    waiters.end(new CallbookError('UNAVAILABLE', 'another signer leads', { retry: 'later', retryAfter: 1 }));
  });

  // The zone is there, whole, before anything is promised.
  const whenAvailable = <T>(act: () => Promise<T>) => untilAvailable(log, term.signal, act);
  const ofOperator = keepStaticRecords({ signing, rules: staticRulesOf(config), log, measured }, config.staticRecords);
  await whenAvailable(() => adoptDenialKeys({ store, feed, keys, log }, config));
  await whenAvailable(() => ofOperator.prune());
  await whenAvailable(() => configureZone(signing));
  const reconciling = keepReconciled({ nats, signing, source, suffixes, log, measured }, config.upkeepEvery);
  term.onEnd(() => reconciling.stop());
  if (!(await store.isCompared())) await whenAvailable(() => reconciling.now());
  await whenAvailable(() => ofOperator.look());
  await whenAvailable(() => keepSnapshot(signing, config));

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
  term.onEnd(() => consuming.stop());
  const upkeep = keepUp({ signing, ofOperator }, config);
  term.onEnd(() => upkeep.stop());
  onReconnect = () => {
    upkeep.nudge();
    reconciling.nudge();
  };

  require('database', async () => state !== 'leading' || (await store.head()).epoch === epoch);
  require('binding events', () => state !== 'leading' || consuming.running());
  const close = await serve(signer, {
    'zone.head': async () => describeZone(zone, keys, suffixes, signing.appendedSerial!, config.zoneTtl / 1_000),
    'publication.await': ({ identifier, sequence, wait }) =>
      waiters.wait(signing, subjectOf(identifier), sequence, wait),
    'zone.audit': () => auditZone({ signing, source, suffixes, ofFile: ofOperator.accepted }),
    'zone.reconcile': () => reconciling.now(),
  });
  term.onEnd(close);
}

await run();
