import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { CertificateAndKey, TlsIdentity } from './streams/tls-identity.js';
import { tlsIdentity } from './streams/tls-identity.js';

/** PEM files: the certificate, those behind it, and its key. */
export interface CertificateFiles {
  readonly certificates: readonly string[];
  readonly key: string;
}

/** Files that were named, or those that the gateway keeps in its directory. */
export function certificateFilesOf(settings: {
  readonly tlsCertificate?: string | undefined;
  readonly tlsKey?: string | undefined;
  readonly tlsDirectory?: string | undefined;
}): CertificateFiles | undefined {
  const { tlsCertificate, tlsKey, tlsDirectory } = settings;
  if (tlsCertificate !== undefined && tlsKey !== undefined) return { certificates: [tlsCertificate], key: tlsKey };
  if (tlsDirectory === undefined) return undefined;
  const inside = (name: string) => join(tlsDirectory, name);
  return { certificates: [inside('server.pem'), inside('ca.pem')], key: inside('server-key.pem') };
}

export interface FollowedCertificate {
  /** Resolves when the files are there for the first time: whoever makes them may start at the same moment as we. */
  readonly identity: Promise<TlsIdentity>;
  stop(): void;
}

/** Milliseconds between looks at the files: while there are none, and afterwards. */
const usual = { untilThere: 200, thereafter: 10_000 };

/** Reads the files again when they have changed. What cannot be used is told and changes nothing. */
export function followCertificate(
  files: CertificateFiles,
  deps: { readonly clock: () => number; readonly failed: (error: unknown) => void; readonly times?: typeof usual },
): FollowedCertificate {
  const { clock, failed, times = usual } = deps;
  let seen = '';
  let identity: TlsIdentity | undefined;
  let timer: NodeJS.Timeout;
  let found: (identity: TlsIdentity) => void;
  const promise = new Promise<TlsIdentity>((resolve) => (found = resolve));

  const look = () => {
    const state = stateOf(files);
    if (state !== undefined && state !== seen) {
      seen = state;
      try {
        if (identity) identity.use(read(files));
        else found((identity = tlsIdentity(read(files), clock)));
      } catch (error) {
        failed(error);
      }
    }
    timer = setTimeout(look, identity ? times.thereafter : times.untilThere).unref();
  };
  look();
  return { identity: promise, stop: () => clearTimeout(timer) };
}

/** Undefined while one of them is missing. */
function stateOf({ certificates, key }: CertificateFiles): string | undefined {
  const states = [...certificates, key].map((file) => statSync(file, { throwIfNoEntry: false }));
  return states.every((state) => state !== undefined)
    ? states.map(({ ino, mtimeMs, size }) => `${ino}/${mtimeMs}/${size}`).join()
    : undefined;
}

const read = ({ certificates, key }: CertificateFiles): CertificateAndKey => ({
  cert: certificates.map((file) => readFileSync(file, 'utf8')).join(''),
  key: readFileSync(key, 'utf8'),
});
