import './quiet.js';
import { identity } from '@callbook/contracts';
import { startProcess } from '@callbook/process';
import { randomBytes, randomUUID } from 'node:crypto';
import { AccountStore } from './accounts/account-store.js';
import { keyOfAccount, openAccount } from './accounts/open-account.js';
import { attest } from './attestations/attest.js';
import { AttestationKeyStore } from './attestations/attestation-key-store.js';
import { openAttestationKey, publicAttestationKeys } from './attestations/attestation-keys.js';
import { IdentityConfig } from './config.js';
import { openDatabase, pingDatabase } from './database-store.js';
import { startDeliveryWorker } from './messages/deliver-message.worker.js';
import { MessageQueue } from './messages/message-queue.js';
import { MessageStore } from './messages/message-store.js';
import { connected, openRedis, requireNoEviction } from './messages/redis.js';
import { reportDelivery } from './messages/report-delivery.js';
import { startSweeping } from './messages/sweep.js';
import { vonageSms } from './messages/vonage.js';
import { claimVerification } from './verifications/claim-verification.js';
import { readVerification } from './verifications/read-verification.js';
import { resendMessage } from './verifications/resend-message.js';
import { startVerification } from './verifications/start-verification.js';
import { VerificationStore } from './verifications/verification-store.js';

/** How often a message that the provider does not take is handed over before it is given up: over about a minute. */
const maximumAttempts = 6;

const { config, clock, log, metrics, require, onStop, run } = await startProcess('identity', IdentityConfig);

const database = openDatabase(config.databaseUrl);
onStop(() => database.$disconnect());
await pingDatabase(database);
require('postgresql', () => pingDatabase(database).then(() => true));

const jobs = openRedis(config.redisUrl, 'hasty', log);
const work = openRedis(config.redisUrl, 'patient', log);
onStop(() => [jobs, work].forEach((redis) => redis.disconnect()));
await connected(jobs);
await requireNoEviction(jobs, log);
require('redis', () => jobs.status === 'ready');

const accounts = new AccountStore(database);
const verifications = new VerificationStore(database);
const messages = new MessageStore(database);
const attestationKeys = new AttestationKeyStore(database);
const queue = new MessageQueue(jobs, maximumAttempts, log);
onStop(() => queue.close());

const { keyEncryptionKey, directoryName: directory, vonageSignatureSecret: signatureSecret } = config;
const attestationKey = await openAttestationKey({ attestationKeys, keyEncryptionKey, clock });

const handovers = metrics.counter('messages_total', 'What became of handing messages to the SMS provider', ['outcome']);
const receipts = metrics.counter('delivery_receipts_total', 'Delivery receipts of the SMS provider', ['status']);

const send = vonageSms({
  apiKey: config.vonageApiKey,
  apiSecret: config.vonageApiSecret,
  applicationId: config.vonageApplicationId,
  privateKey: config.vonagePrivateKey,
  apiUrl: config.vonageApiUrl,
  sender: config.vonageSender,
  webhookUrl: config.vonageWebhookUrl,
  timeout: config.vonageTimeout,
});
const count = (outcome: string) => handovers.inc({ outcome });
const worker = startDeliveryWorker(work, { messages, send, clock, log, count, maximumAttempts });
onStop(() => worker.close());
onStop(startSweeping({ messages, verifications, queue, clock, log }, config.sweepInterval));

const signer = { key: attestationKey, directory, lifetime: config.attestationLifetime };
const deps = {
  accounts,
  verifications,
  clock,
  directory,
  randomBytes,
  newId: randomUUID,
  enqueue: (id: string) => queue.add(id),
  attest: (row: { id: string; identifier: string; account: string }, now: number) =>
    attest(signer, { verificationId: row.id, identifier: row.identifier, account: row.account, method: 'sms' }, now),
  policy: {
    lifetime: config.verificationLifetime,
    resendAfter: config.resendAfter,
    attempts: config.attempts,
    messagesPerVerification: config.messagesPerVerification,
    verificationsPerHour: config.verificationsPerHour,
  },
};
const reports = { messages, signatureSecret, clock, log, count: (status: string) => receipts.inc({ status }) };

await run(identity, {
  'account.open': (request) => openAccount(deps, request),
  'account.key': (request) => keyOfAccount(deps, request),
  'verification.start': (request) => startVerification(deps, request),
  'verification.read': (request) => readVerification(deps, request),
  'verification.claim': (request) => claimVerification(deps, request),
  'verification.resend': (request) => resendMessage(deps, request),
  'delivery.report': (request) => reportDelivery(reports, request),
  'attestation.keys': () => publicAttestationKeys({ attestationKeys }),
});
