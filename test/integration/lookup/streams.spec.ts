import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { httpsTransport } from '../../../apps/lookup/src/streams/https.js';
import type { StreamTransport } from '../../../apps/lookup/src/streams/listener.js';
import { repeatingResponder, testCertificate } from '../../../apps/lookup/src/streams/stream.fixture.js';
import { tcpTransport } from '../../../apps/lookup/src/streams/tcp.js';
import { tlsIdentity } from '../../../apps/lookup/src/streams/tls-identity.js';
import { tlsTransport } from '../../../apps/lookup/src/streams/tls.js';
import { ask, judgesAvailable } from '../../judges.js';

const host = '127.0.0.1';
const limits = { connections: 100, connectionsPerClient: 100, idle: 20_000 };

describe.skipIf(!(await judgesAvailable()))('kdig, which checks certificates and frames by itself', () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'callbook-streams-'));
  const [authority, stranger] = [path.join(dir, 'ca.pem'), path.join(dir, 'stranger.pem')];
  const transports: StreamTransport[] = [];
  let [tcp, tls, https] = [0, 0, 0];

  beforeAll(async () => {
    const { cert, key, ca } = testCertificate();
    writeFileSync(authority, ca);
    writeFileSync(stranger, testCertificate().ca);
    const responder = repeatingResponder();
    const identity = tlsIdentity({ cert, key }, Date.now);
    const address = { host, port: 0 };
    transports.push(
      tcpTransport(address, { responder }, limits),
      tlsTransport(address, { responder, identity }, limits),
      httpsTransport(address, { responder, identity }, limits),
    );
    for (const transport of transports) await transport.start();
    [tcp, tls, https] = transports.map(({ port }) => port) as [number, number, number];
  });
  afterAll(async () => {
    for (const transport of transports) await transport.stop();
    rmSync(dir, { recursive: true });
  });

  const kdig = async (port: number, ...options: string[]) =>
    (
      await ask('kdig', [
        `@${host}`,
        '-p',
        String(port),
        '+retry=0',
        '+timeout=20',
        ...options,
        'name.callbook.example',
        'NAPTR',
      ])
    ).stdout;
  const trusting = (ca: string, name = 'lookup.callbook.example') => [`+tls-ca=${ca}`, `+tls-hostname=${name}`];

  it.each([
    ['TCP', () => tcp, ['+tcp'], /\(TCP\)/],
    [
      'several queries on one TCP connection',
      () => tcp,
      ['+tcp', '+keepopen', 'one.example', 'A', 'two.example', 'A'],
      /\(TCP\)/,
    ],
    ['TLS', () => tls, ['+tls', ...trusting(authority)], /TLS session \(TLS1\.3\)/],
    ['TLS with padding', () => tls, ['+tls', '+padding=128', ...trusting(authority)], /TLS session \(TLS1\.3\)/],
    [
      'HTTPS with POST',
      () => https,
      ['+https', ...trusting(authority)],
      /HTTP session \(HTTP\/2-POST\)-\(lookup\.callbook\.example\/dns-query\)-\(status: 200\)/,
    ],
    [
      'HTTPS with GET',
      () => https,
      ['+https', '+https-get', ...trusting(authority)],
      /HTTP session \(HTTP\/2-GET\)-\(lookup\.callbook\.example\/dns-query\)-\(status: 200\)/,
    ],
  ])('is answered over %s', async (_what, port, options, shows) => {
    const said = await kdig(port(), ...options);
    expect(said).toMatch(/opcode: QUERY; status: NOERROR/);
    expect(said).toMatch(shows);
    expect(said).not.toMatch(/WARNING|;; ERROR/);
  });

  it.each([
    ['an authority that did not sign it', () => trusting(stranger)],
    ['a name that is not in it', () => trusting(authority, 'other.callbook.example')],
  ])('refuses the certificate by %s', async (_what, trust) => {
    expect(await kdig(tls, '+tls', ...trust())).not.toMatch(/opcode: QUERY/);
    expect(await kdig(https, '+https', ...trust())).not.toMatch(/opcode: QUERY/);
  });

  it('is told that there is nothing at another path', async () => {
    const said = await kdig(https, '+https=/elsewhere', ...trusting(authority));
    expect(said).toMatch(/\/elsewhere\)-\(status: 404\)/);
    expect(said).not.toMatch(/opcode: QUERY/);
  });
});
