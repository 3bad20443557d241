import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { connect as connectTls, type PeerCertificate, type TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reached, streamBehaviour } from './behaviour.fixture.js';
import type { StreamTransport } from './listener.js';
import { framed, openTls, query, repeatingResponder, testCertificate } from './stream.fixture.js';
import { tlsIdentity, type TlsIdentity } from './tls-identity.js';
import { tlsTransport } from './tls.js';

const { cert, key, ca } = testCertificate();
const here = { host: '127.0.0.1', port: 0 };

streamBehaviour({
  carrier: 'tls',
  start: (deps, limits) => tlsTransport(here, { ...deps, identity: tlsIdentity({ cert, key }, Date.now) }, limits),
  open: (port) => openTls(port, { ca }),
});

describe('TLS', () => {
  let transport: StreamTransport;
  let identity: TlsIdentity;
  let now = Date.now();

  beforeEach(async () => {
    now = Date.now();
    identity = tlsIdentity({ cert, key }, () => now);
    transport = tlsTransport(
      here,
      { responder: repeatingResponder(), identity },
      { connections: 50, connectionsPerClient: 50, idle: 20_000 },
    );
    await transport.start();
  });
  afterEach(() => transport.stop());

  const ask = async (options: Partial<Parameters<typeof openTls>[1]> = {}) => {
    const client = await openTls(transport.port, { ca, ...options });
    client.send(framed(query(1, 'name.callbook.example')));
    await client.answers(1);
    client.socket.destroy();
    return client.socket as TLSSocket;
  };

  it('is spoken as "dot" (RFC 7858), also to those who name no protocol, and to nobody who names another', async () => {
    expect((await ask({ protocols: ['dot'] })).alpnProtocol).toBe('dot');
    expect((await ask()).alpnProtocol).toBe(false);
    await expect(openTls(transport.port, { ca, protocols: ['h2'] })).rejects.toThrow();
  });

  it('is 1.3, or 1.2 where that is all there is, and nothing older', async () => {
    expect((await ask()).getProtocol()).toBeNull(); // closed by now
    await ask({ maxVersion: 'TLSv1.2' });
    const old = connectTls({ port: transport.port, host: '127.0.0.1', ca, minVersion: 'TLSv1', maxVersion: 'TLSv1.1' });
    await new Promise((refused) => old.once('error', refused));
  });

  it('is taken up again with a ticket', async () => {
    const dial = (session?: Buffer) =>
      new Promise<{ session: Buffer; reused: boolean }>((resolve, reject) => {
        const socket = connectTls({
          port: transport.port,
          host: '127.0.0.1',
          ca,
          servername: 'lookup.callbook.example',
          ...(session ? { session } : {}),
        });
        let ticket: Buffer | undefined;
        socket.on('session', (given) => (ticket = given));
        socket.once('secureConnect', () => socket.write(framed(query(1, 'name.callbook.example'))));
        socket.once('data', () => {
          const found = { session: ticket!, reused: socket.isSessionReused() };
          socket.destroy();
          resolve(found);
        });
        socket.once('error', reject);
      });
    const first = await dial();
    expect(first.reused).toBe(false);
    expect((await dial(first.session)).reused).toBe(true);
    identity.use({ cert, key });
    expect((await dial(first.session)).reused).toBe(true);
    now += 86_400_000;
    expect((await dial(first.session)).reused).toBe(false);
  });

  it('shows a renewed certificate to new connections; those that stand go on', async () => {
    const standing = await openTls(transport.port, { ca });
    const shown = (socket: TLSSocket): PeerCertificate => socket.getPeerCertificate();
    const renewed = testCertificate();
    const before = shown(standing.socket as TLSSocket).fingerprint256;
    identity.use(renewed);
    const later = await openTls(transport.port, { ca: renewed.ca });
    expect(shown(later.socket as TLSSocket).fingerprint256).not.toBe(before);
    standing.send(framed(query(1, 'name.callbook.example')));
    await standing.answers(1);
    for (const each of [standing, later]) each.socket.destroy();
  });

  it('keeps its certificate when it is given one that does not fit its key', async () => {
    expect(() => identity.use({ cert: testCertificate().cert, key })).toThrow();
    expect(() => identity.use({ cert: 'nothing', key })).toThrow();
    await ask();
  });

  it('lets go of 2,000 clients that say hello and are gone', async () => {
    const hello = await clientHello(transport.port);
    const openFiles = () => readdirSync('/proc/self/fd').length;
    const part = async (count: number) => {
      for (let i = 0; i < count; i += 20)
        await Promise.all(
          Array.from({ length: 20 }, (_, j) =>
            greetAndGo(transport.port, hello.subarray(0, (i + j) % 3 === 0 ? 40 : undefined)),
          ),
        );
    };
    await part(400);
    const before = { files: openFiles(), memory: process.memoryUsage().rss };
    await part(2_000);
    await ask();
    await reached(() => openFiles() <= before.files + 5);
    // Sessions that OpenSSL kept for 2,000 clients would take more than this.
    expect(process.memoryUsage().rss - before.memory).toBeLessThan(100_000_000);
  }, 120_000);
});

/** What a client of TLS says first. */
async function clientHello(port: number): Promise<Buffer> {
  const { Duplex } = await import('node:stream');
  return new Promise((resolve) => {
    const stream = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer, _encoding, done) => {
        resolve(chunk);
        done();
      },
    });
    connectTls({ socket: stream, port, servername: 'lookup.callbook.example' }).on('error', () => undefined);
  });
}

const greetAndGo = (port: number, hello: Buffer) =>
  new Promise<void>((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(hello, () => socket.resetAndDestroy()));
    socket.once('close', () => resolve());
    socket.once('error', reject);
  });
