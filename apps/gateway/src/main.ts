import { identity, records, signer } from '@callbook/contracts';
import { Name } from '@callbook/dns';
import { clientOf, startProcess } from '@callbook/process';
import { randomBytes } from 'node:crypto';
import { createAccountKeys } from './account-keys.js';
import { GatewayConfig } from './config.js';
import { createHandlers } from './handlers.js';
import { createHttpServer } from './http-server.js';
import { createNonces } from './nonces.js';
import { createServedSerials } from './served-serials.js';
import { natsSpentNonces } from './spent-nonces.js';
import { tlsOf } from './tls.js';

const { config, nats, clock, log, metrics, onStop, run } = await startProcess('gateway', GatewayConfig);

const identityClient = clientOf(identity, nats);
const spent = await natsSpentNonces(nats, config.nonceLifetime);
const nonces = createNonces({
  key: config.nonceKey,
  lifetime: config.nonceLifetime,
  clock,
  randomOctets: randomBytes,
  spent,
});
const accounts = createAccountKeys({ identity: identityClient, publicUrl: config.publicUrl });
const handlers = createHandlers({
  identity: identityClient,
  records: clientOf(records, nats),
  signer: clientOf(signer, nats),
  served: createServedSerials(Name.parse(config.directoryName), config.replicas),
  publicUrl: config.publicUrl,
  directoryName: config.directoryName,
});

const server = await createHttpServer({
  handlers,
  accounts,
  nonces,
  publicUrl: config.publicUrl,
  tls: tlsOf(config, new Date(clock())),
  bodyLimit: config.bodyLimit,
  log,
  metrics,
});
await server.listen(config.listenPort, config.listenHost);
onStop(() => server.close());
await run();
