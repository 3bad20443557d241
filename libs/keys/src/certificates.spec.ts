import { X509Certificate } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import { afterAll, describe, expect, it } from 'vitest';
import { certificateAuthority, serverCertificate } from './certificates.js';
import { refusalNow } from './refusal.js';

const notBefore = new Date(Date.now() - 3_600_000);
const validity = { notBefore, days: 397 };
const authority = certificateAuthority({ commonName: 'Callbook local authority', ...validity });
const names = ['localhost', 'callbook.example', '*.callbook.example'];
const server = serverCertificate(authority, { names, addresses: ['127.0.0.1', '::1'], ...validity });

describe('a certificate authority', () => {
  const certificate = new X509Certificate(authority.certificate);

  it('signs itself and is an authority', () => {
    expect(certificate.ca).toBe(true);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
  });

  it('cannot be read from something else', () => {
    const broken = { certificate: 'x', privateKey: authority.privateKey };
    expect(refusalNow(() => serverCertificate(broken, { names, ...validity }))).toBe('CERTIFICATE_MALFORMED');
  });
});

describe('a server certificate', () => {
  const certificate = new X509Certificate(server.certificate);

  it('is signed by the authority and is none itself', () => {
    const issuer = new X509Certificate(authority.certificate);
    expect(certificate.checkIssued(issuer)).toBe(true);
    expect(certificate.verify(issuer.publicKey)).toBe(true);
    expect(certificate.ca).toBe(false);
  });

  it('is for its names and addresses and no others', () => {
    expect(certificate.checkHost('localhost')).toBeDefined();
    expect(certificate.checkHost('ns1.callbook.example')).toBeDefined();
    expect(certificate.checkHost('example.net')).toBeUndefined();
    expect(certificate.checkIP('127.0.0.1')).toBeDefined();
    expect(certificate.checkIP('::1')).toBeDefined();
    expect(certificate.checkIP('127.0.0.2')).toBeUndefined();
  });

  it('is valid for the stated days', () => {
    expect(Date.parse(certificate.validFrom)).toBe(Math.floor(notBefore.getTime() / 1000) * 1000);
    expect(Date.parse(certificate.validTo) - Date.parse(certificate.validFrom)).toBe(397 * 86_400_000);
  });

  it('has a serial number and a key of its own', () => {
    const other = new X509Certificate(serverCertificate(authority, { names, ...validity }).certificate);
    expect(other.serialNumber).not.toBe(certificate.serialNumber);
    expect(other.publicKey.equals(certificate.publicKey)).toBe(false);
  });

  it.each([
    ['nothing', {}],
    ['a host name with a space', { names: ['a b'] }],
    ['an empty host name', { names: [''] }],
    ['an address that is none', { addresses: ['127.0.0.256'] }],
  ])('is not made for %s', (_, wanted) => {
    expect(refusalNow(() => serverCertificate(authority, { ...wanted, ...validity }))).toBe('CERTIFICATE_MALFORMED');
  });
});

describe('a TLS connection', () => {
  const listener = tls.createServer({ cert: server.certificate, key: server.privateKey }, (socket) =>
    socket.end('hello'),
  );
  const ready = new Promise<number>((resolve) =>
    listener.listen(0, '127.0.0.1', () => resolve((listener.address() as AddressInfo).port)),
  );
  afterAll(() => void listener.close());

  const connect = async (options: tls.ConnectionOptions): Promise<string> => {
    const port = await ready;
    return new Promise((resolve) => {
      const socket = tls.connect({ host: '127.0.0.1', port, ...options }, () => {
        resolve(socket.authorized ? 'authorized' : 'not authorized');
        socket.destroy();
      });
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    });
  };

  it('is trusted by whoever trusts the authority', async () => {
    expect(await connect({ ca: authority.certificate })).toBe('authorized');
    expect(await connect({ ca: authority.certificate, servername: 'callbook.example' })).toBe('authorized');
  });

  it('is refused under another name, and by whoever trusts another authority', async () => {
    expect(await connect({ ca: authority.certificate, servername: 'example.net' })).toBe(
      'ERR_TLS_CERT_ALTNAME_INVALID',
    );
    const other = certificateAuthority({ commonName: 'Callbook local authority', ...validity });
    expect(await connect({ ca: other.certificate })).toMatch(/SIGNATURE|VERIFY/);
  });
});
