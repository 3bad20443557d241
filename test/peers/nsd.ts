import path from 'node:path';
import { copyOf, keysOf, type Configuration, type Placed } from './configuration.js';

export function nsdConfiguration(placed: Placed): Configuration {
  const { dir, port, zones = [], secondaries = [], threads = 1, tls, extra = [] } = placed;
  const bundle = secondaries.flatMap(({ primaries }) => primaries.flatMap((primary) => primary.tls?.caFile ?? []))[0];
  const names = new Set(
    secondaries.flatMap(({ primaries }) => primaries.flatMap((primary) => primary.tls?.name ?? [])),
  );
  const server = [
    `ip-address: 127.0.0.1@${port}`,
    ...(tls
      ? [
          `ip-address: 127.0.0.1@${tls.port}`,
          `tls-port: ${tls.port}`,
          `tls-service-key: "${tls.keyFile}"`,
          `tls-service-pem: "${tls.certificateFile}"`,
        ]
      : []),
    ...(bundle ? [`tls-cert-bundle: "${bundle}"`] : []),
    `server-count: ${threads}`,
    ...(threads > 1 ? ['reuseport: yes'] : []),
    'database: ""',
    'username: ""',
    'chroot: ""',
    `zonesdir: "${dir}"`,
    `pidfile: "${path.join(dir, 'nsd.pid')}"`,
    `xfrdfile: "${path.join(dir, 'xfrd.state')}"`,
    `xfrdir: "${dir}"`,
    `zonelistfile: "${path.join(dir, 'zone.list')}"`,
    'zonefiles-write: 0',
    'zonefiles-check: no',
    'xfrd-reload-timeout: 0',
    'rrl-ratelimit: 0',
    'verbosity: 1',
    ...extra,
  ];
  const blocks = [
    block('server', server),
    block('remote-control', ['control-enable: no']),
    ...keysOf(placed).map(({ name, algorithm, secret }) =>
      block('key', [`name: "${name}"`, `algorithm: ${algorithm}`, `secret: "${secret}"`]),
    ),
    ...[...names].map((name) => block('tls-auth', [`name: "${name}"`, `auth-domain-name: "${name}"`])),
    ...zones.map(({ apex, file }) =>
      block('zone', [`name: "${apex}"`, `zonefile: "${file}"`, 'provide-xfr: 127.0.0.0/8 NOKEY']),
    ),
    ...secondaries.map(({ apex, primaries, notifyFrom }, index) =>
      block('zone', [
        `name: "${apex}"`,
        `zonefile: "${copyOf(dir, index)}"`,
        ...primaries.map(
          (primary) =>
            `request-xfr: ${primary.host}@${primary.port} ${primary.key?.name ?? 'NOKEY'}${primary.tls ? ` "${primary.tls.name}"` : ''}`,
        ),
        ...(notifyFrom ? [`allow-notify: ${notifyFrom.host} ${notifyFrom.key?.name ?? 'NOKEY'}`] : []),
        'provide-xfr: 127.0.0.0/8 NOKEY',
      ]),
    ),
  ];
  return {
    program: 'nsd',
    files: { 'nsd.conf': blocks.join('\n') },
    args: ['-d', '-c', path.join(dir, 'nsd.conf')],
  };
}

const block = (name: string, lines: readonly string[]) => `${name}:\n${lines.map((line) => `  ${line}\n`).join('')}`;
