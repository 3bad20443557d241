import { startProcess } from '@callbook/process';
import { LookupConfig } from './config.js';
import { createDenialSigner } from './denial-signer.js';
import { createPipeline } from './pipeline.js';
import { tcpTransport } from './tcp.js';
import { udpTransport } from './udp.js';
import { followZone } from './zone-feed.js';

const { config, nats, clock, log, metrics, require, onStop, run } = await startProcess('lookup', LookupConfig, {
  outlivesNats: true,
});

const feed = followZone({ nats, apex: config.zone, denialKeyEncryptionKey: config.denialKeyEncryptionKey, clock, log });
onStop(() => feed.stop());
require('zone', () => feed.zone() !== undefined && feed.denialKey() !== undefined);

const answers = metrics.counter('dns_answers_total', 'DNS answers by transport and response code', [
  'transport',
  'rcode',
]);
const pipeline = createPipeline({
  zone: feed.zone,
  denial: createDenialSigner({ apex: config.zone, key: feed.denialKey, clock }),
  udpLimit: config.udpLimit,
  transferAllow: new Set(config.transferAllow),
  count: (transport, rcode) => answers.inc({ transport, rcode: String(rcode) }),
});

const address = { host: config.dnsHost, port: config.dnsPort };
for (const transport of [
  udpTransport(address, pipeline),
  tcpTransport(address, pipeline, { connections: config.tcpConnections, idle: config.tcpIdle }),
]) {
  await transport.start();
  onStop(() => transport.stop());
}
await run();
