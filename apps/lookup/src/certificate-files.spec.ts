import { certificateAuthority, serverCertificate } from '@callbook/keys';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, expect, it } from 'vitest';
import { certificateFilesOf, followCertificate, type FollowedCertificate } from './certificate-files.js';

const dir = mkdtempSync(path.join(tmpdir(), 'callbook-certificate-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const following: FollowedCertificate[] = [];
afterEach(() => following.splice(0).forEach((each) => each.stop()));

const files = certificateFilesOf({ tlsDirectory: dir })!;
const errors: unknown[] = [];
function follow(): FollowedCertificate {
  following.push(
    followCertificate(files, {
      clock: Date.now,
      failed: (error) => errors.push(error),
      times: { untilThere: 5, thereafter: 5 },
    }),
  );
  return following[0]!;
}

const validity = { notBefore: new Date(Date.now() - 86_400_000), days: 30 };
const authority = certificateAuthority({ commonName: 'Callbook', ...validity });
function write(): void {
  const { certificate, privateKey } = serverCertificate(authority, { names: ['localhost'], ...validity });
  writeFileSync(path.join(dir, 'server-key.pem'), privateKey);
  writeFileSync(path.join(dir, 'server.pem'), certificate);
  writeFileSync(path.join(dir, 'ca.pem'), authority.certificate);
}

it('a certificate is waited for until all its files are there, and used anew when they change', async () => {
  const { identity } = follow();
  let there = false;
  void identity.then(() => (there = true));
  writeFileSync(path.join(dir, 'ca.pem'), authority.certificate);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(there).toBe(false);

  write();
  const first = (await identity).context();
  expect((await identity).context()).toBe(first);
  write();
  await expect.poll(async () => (await identity).context() !== first, { timeout: 15_000 }).toBe(true);
});

it('files that do not fit are told of, and leave the certificate that was there', async () => {
  write();
  const identity = await follow().identity;
  const before = identity.context();
  errors.length = 0;
  writeFileSync(path.join(dir, 'server-key.pem'), 'no key');
  await expect.poll(() => errors.length, { timeout: 15_000 }).toBeGreaterThan(0);
  expect(identity.context()).toBe(before);
});

it('its files are those that were named, or those of the gateway’s directory', () => {
  expect(certificateFilesOf({ tlsCertificate: '/c', tlsKey: '/k' })).toEqual({ certificates: ['/c'], key: '/k' });
  expect(certificateFilesOf({ tlsDirectory: '/d' })).toEqual({
    certificates: ['/d/server.pem', '/d/ca.pem'],
    key: '/d/server-key.pem',
  });
  expect(certificateFilesOf({})).toBeUndefined();
});
