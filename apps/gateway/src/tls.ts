import { certificateAuthority, serverCertificate, type Certificate } from '@callbook/keys';
import { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import type { GatewayConfig } from './config.js';

export interface ServerTls {
  readonly cert: string;
  readonly key: string;
}

const authorityDays = 3_650;
/** As long as browsers take one (CA/Browser Forum ballot SC22), and renewed at a start in its last month. */
const serverDays = 397;
const renewDays = 30;
const day = 86_400_000;

/** The certificate that was given, or one made here and kept in `tlsDirectory`: `ca.pem` there is what clients are to trust. */
export function tlsOf(
  config: Pick<GatewayConfig, 'tlsCertificate' | 'tlsKey' | 'tlsDirectory' | 'publicUrl'>,
  now: Date,
): ServerTls {
  if (config.tlsCertificate !== undefined)
    return { cert: readFileSync(config.tlsCertificate, 'utf8'), key: readFileSync(config.tlsKey!, 'utf8') };
  const directory = config.tlsDirectory!;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const host = new URL(config.publicUrl).hostname.replace(/^\[|\]$/g, '');
  const authority = kept(
    directory,
    'ca',
    () => true,
    () => certificateAuthority({ commonName: `Callbook at ${host}`, notBefore: yesterday(now), days: authorityDays }),
  );
  const server = kept(
    directory,
    'server',
    (certificate) => serves(certificate, host, now),
    () => serverCertificate(authority, { ...alternative(host), notBefore: yesterday(now), days: serverDays }),
  );
  return { cert: server.certificate + authority.certificate, key: server.privateKey };
}

const alternative = (host: string) =>
  isIP(host) === 0 ? { names: [host] } : { addresses: [host], names: ['localhost'] };
/** Clocks differ. */
const yesterday = (now: Date) => new Date(now.getTime() - day);

function serves(certificate: X509Certificate, host: string, now: Date): boolean {
  const fits = isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host);
  return fits !== undefined && Date.parse(certificate.validTo) - now.getTime() > renewDays * day;
}

function kept(
  directory: string,
  name: string,
  good: (certificate: X509Certificate) => boolean,
  make: () => Certificate,
): Certificate {
  const [certificatePath, keyPath] = [join(directory, `${name}.pem`), join(directory, `${name}-key.pem`)];
  if (existsSync(certificatePath) && existsSync(keyPath)) {
    const found = { certificate: readFileSync(certificatePath, 'utf8'), privateKey: readFileSync(keyPath, 'utf8') };
    if (good(new X509Certificate(found.certificate))) return found;
  }
  const made = make();
  // The certificate comes last: where it is, its key is too.
  write(keyPath, made.privateKey);
  write(certificatePath, made.certificate);
  return made;
}

function write(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
