import path from 'node:path';
import { copyOf, keysOf, type Configuration, type Placed } from './configuration.js';

/** @param onlinesign signs answers when they are asked for, with a key that Knot makes itself (mod-onlinesign) */
export function knotConfiguration(placed: Placed, onlinesign: boolean): Configuration {
  const { dir, port, zones = [], secondaries = [], threads = 1, extra = [] } = placed;
  const text = [
    section('server', [
      [
        `rundir: "${dir}"`,
        `listen: 127.0.0.1@${port}`,
        `udp-workers: ${threads}`,
        `tcp-workers: ${threads}`,
        'background-workers: 1',
        'automatic-acl: off',
        ...extra,
      ],
    ]),
    section('log', [['target: stderr', 'any: info']]),
    section('database', [[`storage: "${path.join(dir, 'state')}"`]]),
    section(
      'key',
      keysOf(placed).map(({ name, algorithm, secret }) => [
        `id: "${name}"`,
        `algorithm: ${algorithm}`,
        `secret: "${secret}"`,
      ]),
      true,
    ),
    section(
      'remote',
      secondaries.flatMap(({ primaries }, index) =>
        primaries.map((primary, at) => [
          `id: "primary-${index}-${at}"`,
          `address: ${primary.host}@${primary.port}`,
          ...(primary.key ? [`key: "${primary.key.name}"`] : []),
        ]),
      ),
      true,
    ),
    section(
      'acl',
      [
        ['id: "may-transfer"', 'address: 127.0.0.0/8', 'action: transfer'],
        ...secondaries.flatMap(({ notifyFrom }, index) =>
          notifyFrom
            ? [
                [
                  `id: "notifies-${index}"`,
                  `address: ${notifyFrom.host}`,
                  ...(notifyFrom.key ? [`key: "${notifyFrom.key.name}"`] : []),
                  'action: notify',
                ],
              ]
            : [],
        ),
      ],
      true,
    ),
    ...(onlinesign
      ? [
          section('policy', [['id: "online"', 'algorithm: ecdsap256sha256', 'single-type-signing: on']], true),
          section(
            'mod-onlinesign',
            [['id: "online"', 'policy: "online"', 'nsec-bitmap: [NAPTR, SMIMEA, TXT, A, AAAA]']],
            true,
          ),
        ]
      : []),
    section(
      'zone',
      [
        ...zones.map(({ apex, file }) => [
          `domain: "${apex}"`,
          `file: "${file}"`,
          'semantic-checks: off',
          'zonefile-sync: -1',
          'zonefile-load: whole',
          'journal-content: none',
          'acl: "may-transfer"',
          ...(onlinesign ? ['module: mod-onlinesign/online'] : []),
        ]),
        ...secondaries.map(({ apex, primaries, notifyFrom }, index) => [
          `domain: "${apex}"`,
          `file: "${copyOf(dir, index)}"`,
          'zonefile-sync: -1',
          'zonefile-load: none',
          `master: [${primaries.map((_, at) => `"primary-${index}-${at}"`).join(', ')}]`,
          `acl: [${[...(notifyFrom ? [`"notifies-${index}"`] : []), '"may-transfer"'].join(', ')}]`,
        ]),
      ],
      true,
    ),
  ];
  return {
    program: 'knotd',
    files: { 'knot.conf': text.join('\n') },
    args: ['-c', path.join(dir, 'knot.conf')],
  };
}

/** A section, with an item for each list of lines; nothing where there is no item. */
function section(name: string, items: readonly (readonly string[])[], isList = name === 'log'): string {
  if (items.length === 0) return '';
  const item = ([first = '', ...rest]: readonly string[]) =>
    [`  ${isList ? '- ' : '  '}${first}\n`, ...rest.map((line) => `    ${line}\n`)].join('');
  return `${name}:\n${items.map(item).join('')}`;
}
