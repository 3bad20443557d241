import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tlsOf } from './tls.js';

const now = new Date('2026-01-01T00:00:00Z');
const directory = () => mkdtempSync(join(tmpdir(), 'tls-'));
const config = (tlsDirectory: string, publicUrl = 'https://127.0.0.1:14443') => ({
  tlsDirectory,
  publicUrl,
  tlsCertificate: undefined,
  tlsKey: undefined,
});
const serverIn = (cert: string) => new X509Certificate(cert);

describe('a certificate that the gateway makes', () => {
  it('is for the host of its URL, and signed by the authority beside it', () => {
    const tlsDirectory = directory();
    const { cert } = tlsOf(config(tlsDirectory), now);
    const authority = new X509Certificate(readFileSync(join(tlsDirectory, 'ca.pem')));
    expect(serverIn(cert).verify(authority.publicKey)).toBe(true);
    expect(serverIn(cert).checkIP('127.0.0.1')).toBe('127.0.0.1');
  });

  it('is kept, and made anew in its last month by the same authority', () => {
    const tlsDirectory = directory();
    const first = tlsOf(config(tlsDirectory), now);
    expect(tlsOf(config(tlsDirectory), now)).toEqual(first);
    const authority = readFileSync(join(tlsDirectory, 'ca.pem'), 'utf8');
    const renewed = tlsOf(config(tlsDirectory), new Date('2027-01-15T00:00:00Z'));
    expect(renewed.cert).not.toBe(first.cert);
    expect(readFileSync(join(tlsDirectory, 'ca.pem'), 'utf8')).toBe(authority);
  });

  it('is made anew when the host changes', () => {
    const tlsDirectory = directory();
    tlsOf(config(tlsDirectory), now);
    expect(
      serverIn(tlsOf(config(tlsDirectory, 'https://api.callbook.example'), now).cert).checkHost('api.callbook.example'),
    ).toBeDefined();
  });
});
