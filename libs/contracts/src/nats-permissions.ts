import { identity } from './identity.js';
import { records } from './records.js';
import { rpcSubject, type Service, type ServiceName } from './service.js';
import { signer } from './signer.js';
import { nonceBucket, snapshotBucket, streams } from './streams.js';

export const services: readonly Service[] = [identity, records, signer];
const users: readonly ServiceName[] = ['gateway', 'identity', 'records', 'signer', 'lookup', 'operator'];

export interface Permissions {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

/** Replies come to inboxes of the caller's own, so that no service can read another's. */
export const inboxPrefix = (name: ServiceName) => `_INBOX_${name}`;

/**
 * Who may publish and subscribe to what, made from `callers`, `owner` and `readers`: all that is not named is refused. Replying to a
 * request is allowed by the server's `allow_responses`.
 */
export function natsPermissions(): Record<ServiceName, Permissions> {
  return Object.fromEntries(users.map((user) => [user, permissionsOf(user)])) as Record<ServiceName, Permissions>;
}

function permissionsOf(user: ServiceName): Permissions {
  const owned = [
    ...streams.filter(({ owner }) => owner === user).map(({ name, subjects }) => ({ name, subjects })),
    ...(snapshotBucket.owner === user
      ? [{ name: `OBJ_${snapshotBucket.name}`, subjects: [`$O.${snapshotBucket.name}.>`] }]
      : []),
    ...(nonceBucket.owner === user
      ? [{ name: `KV_${nonceBucket.name}`, subjects: [`$KV.${nonceBucket.name}.>`] }]
      : []),
  ];
  const read = [
    ...streams.filter(({ readers }) => readers.includes(user)).map(({ name }) => name),
    ...((snapshotBucket.readers as readonly ServiceName[]).includes(user) ? [`OBJ_${snapshotBucket.name}`] : []),
  ];
  const called = services.flatMap(({ name, methods }) =>
    Object.entries(methods).flatMap(([method, { callers }]) =>
      callers.includes(user) ? [rpcSubject(name, method)] : [],
    ),
  );
  const jetStream = owned.length + read.length > 0 ? ['$JS.API.INFO'] : [];
  return {
    publish: [
      ...called,
      ...jetStream,
      ...owned.flatMap(({ name, subjects }) => [...subjects, ...owning(name), ...reading(name)]),
      ...read.flatMap(reading),
    ],
    subscribe: [
      ...services.filter(({ name }) => name === user).map(({ name }) => rpcSubject(name, '>')),
      `${inboxPrefix(user)}.>`,
    ],
  };
}

const owning = (stream: string) => [
  `$JS.API.STREAM.CREATE.${stream}`,
  `$JS.API.STREAM.UPDATE.${stream}`,
  `$JS.API.STREAM.PURGE.${stream}`,
];

const reading = (stream: string) => [
  `$JS.API.STREAM.INFO.${stream}`,
  `$JS.API.STREAM.MSG.GET.${stream}`,
  `$JS.API.DIRECT.GET.${stream}`,
  `$JS.API.DIRECT.GET.${stream}.>`,
  `$JS.API.CONSUMER.CREATE.${stream}`,
  `$JS.API.CONSUMER.CREATE.${stream}.>`,
  `$JS.API.CONSUMER.DURABLE.CREATE.${stream}.>`,
  `$JS.API.CONSUMER.DELETE.${stream}.>`,
  `$JS.API.CONSUMER.INFO.${stream}.>`,
  `$JS.API.CONSUMER.MSG.NEXT.${stream}.>`,
  `$JS.ACK.${stream}.>`,
  `$JS.FC.${stream}.>`,
];
