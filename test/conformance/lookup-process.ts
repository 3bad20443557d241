import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { certificateAuthority, serverCertificate } from '@callbook/keys';
import { freePort, Service } from '@callbook/local';
import type { Address } from '../judges.js';
import { QuestionClient } from '../peers/index.js';
import { packetOf } from './octets/packets.js';

/** One `callbook-lookup --zone-file`, with all its transports, and nothing else of Callbook. */
export interface LookupProcess extends Address {
  readonly https: { readonly port: number; readonly ca: string };
  pid(): number | undefined;
  stop(): Promise<void>;
}

export async function startLookup({
  dir,
  zoneFile,
  denialKey,
  settings = {},
}: {
  readonly dir: string;
  readonly zoneFile: string;
  /** PKCS#8 PEM: denials are signed with it when they are asked for. */
  readonly denialKey?: string;
  readonly settings?: Readonly<Record<string, string>>;
}): Promise<LookupProcess> {
  mkdirSync(dir, { recursive: true });
  const validity = { notBefore: new Date(Date.now() - 3_600_000), days: 2 };
  const authority = certificateAuthority({ commonName: 'Callbook test authority', ...validity });
  const { certificate, privateKey } = serverCertificate(authority, { names: ['localhost'], ...validity });
  const file = (name: string, text: string) => {
    writeFileSync(path.join(dir, name), text);
    return path.join(dir, name);
  };
  const [port, https] = [await freePort(), await freePort()];
  const service = new Service({
    name: 'lookup',
    entry: 'apps/lookup/dist/main.js',
    dir,
    settings: {
      CALLBOOK_DNS_PORT: String(port),
      CALLBOOK_DOH_PORT: String(https),
      CALLBOOK_TLS_CERTIFICATE: file('server.pem', certificate),
      CALLBOOK_TLS_KEY: file('server-key.pem', privateKey),
      CALLBOOK_RATE_LIMIT: '0', // one client asks for all
      ...settings,
    },
    ports: [
      { port, purpose: 'DNS' },
      { port: https, purpose: 'DNS over HTTPS' },
    ],
    arguments: [
      ...['--zone-file', zoneFile],
      ...(denialKey === undefined ? [] : ['--denial-key', file('denial-key.pem', denialKey)]),
    ],
  });
  await service.start();
  // TCP is open first; the threads of UDP begin a moment later.
  const client = await QuestionClient.open({ patienceMs: 100, tries: 300 });
  const answer = await client.ask({ host: '127.0.0.1', port }, packetOf({}));
  client.close();
  if (!answer) throw new Error('lookup does not answer over UDP');
  return {
    host: '127.0.0.1',
    port,
    https: { port: https, ca: authority.certificate },
    pid: () => service.pid,
    stop: () => service.stop(),
  };
}
