import { identity, records } from '@callbook/contracts';
import { clientOf, startProcess } from '@callbook/process';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { AttestationKeys } from './attestations/attestation-keys.js';
import { checkAttestation } from './attestations/check-attestation.js';
import { bindingStore } from './bindings/binding-store.js';
import { exportBindings } from './bindings/export-bindings.js';
import { publishBinding, type PublishDeps } from './bindings/publish-binding.js';
import { readBinding } from './bindings/read-binding.js';
import { RecordsConfig } from './config.js';
import { openCountersigner } from './countersigning/countersigner.js';
import { countersigningKeyStore } from './countersigning/countersigning-key-store.js';
import { openDatabase, reachable } from './database-store.js';
import { bindingEvents } from './outbox/event-log.js';
import { outboxStore } from './outbox/outbox-store.js';
import { startRelay } from './outbox/relay.js';

const { config, nats, clock, log, metrics, require, onStop, run } = await startProcess('records', RecordsConfig);

const database = openDatabase(config.databaseUrl, { connections: 16, commit: 'durable' });
onStop(() => database.$disconnect());
// A mark that a crash forgets is made again, so that the relay need not wait for the disk; and it never queues behind requests.
const relayDatabase = openDatabase(config.databaseUrl, { connections: 2, commit: 'lazy' });
onStop(() => relayDatabase.$disconnect());
require('database', () => reachable(database));

const countersigner = await openCountersigner({
  keys: countersigningKeyStore(database),
  keyEncryptionKey: config.keyEncryptionKey,
  clock,
  generate: () => generateKeyPairSync('ed25519').privateKey,
});

const events = bindingEvents(nats);
await events.ensure();
const relay = startRelay({ outbox: outboxStore(relayDatabase), events, clock, log, metrics });
onStop(() => relay.stop());

const bindings = bindingStore(database);
const attestationKeys = new AttestationKeys(clientOf(identity, nats), clock);
const publishing: PublishDeps = {
  directory: config.directoryName,
  clock,
  bindings,
  checkAttestation: (attestation, expected) =>
    checkAttestation(attestation, expected, (kid) => attestationKeys.find(kid)),
  countersign: (claims) => countersigner.sign(claims),
  newEventId: randomUUID,
  nudge: () => relay.nudge(),
};

await run(records, {
  'binding.publish': (request) => publishBinding(publishing, request),
  'binding.read': (request) => readBinding(bindings, request),
  'binding.export': (request) => exportBindings(bindings, request),
  'countersigning.keys': async () => countersigner.publicKeys,
});
