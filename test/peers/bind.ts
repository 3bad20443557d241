import path from 'node:path';
import { copyOf, keysOf, type Configuration, type Placed } from './configuration.js';

export function bindConfiguration(placed: Placed): Configuration {
  const { dir, port, zones = [], secondaries = [], threads = 1, tls, httpsPort, extra = [] } = placed;
  const tlsPrimaries = new Map(
    secondaries.flatMap(({ primaries }) =>
      primaries.flatMap(({ tls }) => (tls ? [[tls.name, tls.caFile] as const] : [])),
    ),
  );
  const options = [
    `directory "${dir}"`,
    `pid-file "${path.join(dir, 'named.pid')}"`,
    `session-keyfile "${path.join(dir, 'session.key')}"`,
    'lock-file none',
    `listen-on port ${port} { 127.0.0.1; }`,
    ...(tls ? [`listen-on port ${tls.port} tls served { 127.0.0.1; }`] : []),
    ...(httpsPort ? [`listen-on port ${httpsPort} tls served http default { 127.0.0.1; }`] : []),
    'listen-on-v6 { none; }',
    'recursion no',
    'notify no',
    'dnssec-validation no',
    'empty-zones-enable no',
    'check-names primary ignore',
    'check-names secondary ignore',
    'check-integrity no',
    'check-mx ignore',
    'check-mx-cname ignore',
    'check-srv-cname ignore',
    'check-sibling no',
    'allow-transfer { 127.0.0.0/8; }',
    'max-cache-size 8M',
    ...extra,
  ];
  const blocks = [
    ...(tls ? [statement('tls served', [`key-file "${tls.keyFile}"`, `cert-file "${tls.certificateFile}"`])] : []),
    ...[...tlsPrimaries].map(([name, caFile]) =>
      statement(`tls "${name}"`, [`ca-file "${caFile}"`, `remote-hostname "${name}"`]),
    ),
    statement('options', options),
    'controls { };',
    statement('logging', ['channel out { stderr; severity info; }', 'category default { out; }']),
    ...keysOf(placed).map(({ name, algorithm, secret }) =>
      statement(`key "${name}"`, [`algorithm ${algorithm}`, `secret "${secret}"`]),
    ),
    ...zones.map(({ apex, file }) => statement(`zone "${apex}"`, ['type primary', `file "${file}"`])),
    ...secondaries.map(({ apex, primaries, notifyFrom }, index) =>
      statement(`zone "${apex}"`, [
        'type secondary',
        `file "${copyOf(dir, index)}"`,
        `primaries { ${primaries
          .map(
            ({ host, port, key, tls }) =>
              `${host} port ${port}${key ? ` key "${key.name}"` : ''}${tls ? ` tls "${tls.name}"` : ''};`,
          )
          .join(' ')} }`,
        ...(notifyFrom
          ? [`allow-notify { ${notifyFrom.key ? `key "${notifyFrom.key.name}"` : notifyFrom.host}; }`]
          : []),
      ]),
    ),
  ];
  return {
    program: 'named',
    files: { 'named.conf': blocks.join('\n') },
    args: ['-f', '-4', '-n', String(threads), '-c', path.join(dir, 'named.conf')],
  };
}

const statement = (head: string, lines: readonly string[]) =>
  `${head} {\n${lines.map((line) => `  ${line};\n`).join('')}};`;
