import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askingFor } from '../../../apps/lookup/src/answer/asking.fixture.js';
import { createCookies } from '../../../apps/lookup/src/limits/cookies.js';
import { zoneRecords } from '../../../apps/lookup/src/signed-zone.fixture.js';
import { httpsTransport } from '../../../apps/lookup/src/streams/https.js';
import type { StreamTransport } from '../../../apps/lookup/src/streams/listener.js';
import { testCertificate } from '../../../apps/lookup/src/streams/stream.fixture.js';
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
    const cookies = createCookies([new Uint8Array(16).fill(3)], Date.now);
    const { responder } = askingFor(zoneRecords(7), { cookies, keepaliveIdle: limits.idle, clock: Date.now });
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
        '3.2.1.0.0.9.0.0.7.7.4.4.e164.callbook.example',
        'NAPTR',
      ])
    ).stdout;
  const trusting = (ca: string, name = 'lookup.callbook.example') => [`+tls-ca=${ca}`, `+tls-hostname=${name}`];

  it.each([
    ['TCP', () => tcp, ['+tcp'], /\(TCP\)/],
    [
      'several queries on one TCP connection',
      () => tcp,
      ['+tcp', '+keepopen', 'callbook.example', 'SOA', 'ns1.callbook.example', 'A'],
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

  it('learns a cookie, brings it back, and takes a wrong one for none', async () => {
    const cookieIn = (said: string) => /COOKIE: ([0-9A-F]+)/i.exec(said)?.[1];
    const learned = cookieIn(await kdig(tcp, '+tcp', '+cookie=0102030405060708'));
    expect(learned).toMatch(/^010203040506070801000000[0-9A-F]{24}$/i);
    expect(cookieIn(await kdig(tcp, '+tcp', `+cookie=${learned}`))).toBe(learned);
    const wrong = `0102030405060708${'77'.repeat(16)}`;
    expect(cookieIn(await kdig(tcp, '+tcp', '+badcookie', `+cookie=${wrong}`))).toMatch(/^010203040506070801000000/);
  });

  it.each([7, 9, 15, 41])('is told that a cookie of %d octets is malformed', async (octets) => {
    const said = await kdig(tcp, '+tcp', '+noidn', `+ednsopt=10:${'01'.repeat(octets)}`);
    expect(said).toMatch(/status: FORMERR/);
  });

  it('hears over TCP how long it may be silent (RFC 7828)', async () => {
    expect(await kdig(tcp, '+tcp', '+ednsopt=11')).toMatch(/Option \(11\): 00C8/);
  });

  it('gets answers in blocks of 468 octets where they are encrypted (RFC 8467)', async () => {
    for (const [port, options] of [
      [tls, ['+tls', '+padding']],
      [https, ['+https', '+padding']],
    ] as const)
      expect(await kdig(port, ...options, ...trusting(authority))).toMatch(/Received (468|936|1404) B/);
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
