import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { SetupError } from '@callbook/local';
import type { Configuration, Placed } from './configuration.js';

/** @param livesign signs when asked, with a key that PowerDNS makes itself, and denies with NSEC3 made for the question (`narrow`) */
export function powerDnsConfiguration(placed: Placed, livesign: boolean): Configuration {
  const { dir, port, root, zones = [], secondaries = [], threads = 1, extra = [] } = placed;
  if (secondaries.length > 0) throw new Error('PowerDNS is not a secondary here');
  const lib = path.join(root, 'usr/lib');
  const modules = readdirSync(lib)
    .map((triplet) => path.join(lib, triplet, 'pdns'))
    .find((folder) => readdirSafe(folder).includes('libbindbackend.so'));
  if (!modules) throw new SetupError('PROGRAM_MISSING', 'the package pdns-backend-bind has no module');
  const database = path.join(dir, 'dnssec.db');
  const settings = [
    'launch=bind',
    `module-dir=${modules}`,
    `bind-config=${path.join(dir, 'named.conf')}`,
    `bind-dnssec-db=${database}`,
    'bind-ignore-broken-records=no',
    `socket-dir=${dir}`,
    'local-address=127.0.0.1',
    `local-port=${port}`,
    `receiver-threads=${threads}`,
    'distributor-threads=1',
    ...(threads > 1 ? ['reuseport=yes'] : []),
    'daemon=no',
    'guardian=no',
    'write-pid=no',
    'disable-syslog=yes',
    'loglevel=4',
    'security-poll-suffix=',
    'webserver=no',
    'expand-alias=no',
    'dname-processing=yes',
    'allow-axfr-ips=127.0.0.0/8',
    ...extra,
  ];
  const schema = readFileSync(
    path.join(root, 'usr/share/pdns-backend-bind/schema/bind-dnssec.schema.sqlite3.sql'),
    'utf8',
  );
  const told = zones
    .flatMap(({ apex, signed, nsec3 }) => [
      ...(signed ? [[apex, 'PRESIGNED', '1'] as const] : []),
      ...(nsec3 ? [[apex, 'NSEC3PARAM', nsec3] as const] : []),
    ])
    .map(
      ([apex, kind, content]) =>
        `INSERT INTO domainmetadata (domain, kind, content) VALUES (${quoted(apex)}, '${kind}', '${content}');\n`,
    );
  const config = `--config-dir=${dir}`;
  return {
    program: 'pdns_server',
    files: {
      'pdns.conf': settings.map((line) => `${line}\n`).join(''),
      'named.conf': [
        `options { directory "${dir}"; };\n`,
        ...zones.map(({ apex, file }) => `zone "${apex.slice(0, -1)}" { type master; file "${file}"; };\n`),
      ].join(''),
    },
    args: [config],
    before: [
      { program: 'sqlite3', args: [database], input: `${schema}\nBEGIN;\n${told.join('')}COMMIT;\n` },
      ...(livesign
        ? zones.flatMap(({ apex }) => [
            { program: 'pdnsutil' as const, args: [config, 'secure-zone', apex] },
            { program: 'pdnsutil' as const, args: [config, 'set-nsec3', apex, '1 0 0 -', 'narrow'] },
          ])
        : []),
    ],
  };
}

/** A zone's name as PowerDNS keeps it: without the final dot. */
const quoted = (apex: string) => `'${apex.slice(0, -1).replaceAll("'", "''")}'`;

function readdirSafe(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
