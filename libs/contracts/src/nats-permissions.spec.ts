import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { natsPermissions, services } from './nats-permissions.js';
import { rpcSubject, type ServiceName } from './service.js';
import { streams } from './streams.js';

const permissions = natsPermissions();
const users = Object.keys(permissions) as ServiceName[];

/** As the server matches: `*` is one token, `>` the rest. */
const matches = (pattern: string, subject: string) =>
  new RegExp(`^${pattern.replaceAll(/[$.]/g, '\\$&').replaceAll('*', '[^.]+').replaceAll('>', '.+')}$`).test(subject);
const mayPublish = (user: ServiceName, subject: string) =>
  permissions[user].publish.some((pattern) => matches(pattern, subject));
const maySubscribe = (user: ServiceName, subject: string) =>
  permissions[user].subscribe.some((pattern) => matches(pattern, subject));

describe('NATS permissions', () => {
  it.each(
    services.flatMap(({ name, methods }) =>
      Object.entries(methods).map(([method, { callers }]) => ({ name, method, callers })),
    ),
  )('$name $method may be called by those on its list alone', ({ name, method, callers }) => {
    for (const user of users) expect(mayPublish(user, rpcSubject(name, method)), user).toBe(callers.includes(user));
  });

  it('let a service hear its own requests alone', () => {
    for (const { name } of services)
      for (const user of users)
        expect(maySubscribe(user, rpcSubject(name, 'any')), `${user} hears ${name}`).toBe(user === name);
  });

  it.each(streams)(
    'let the owner alone write $name, and its readers alone read it',
    ({ name, owner, readers, subjects }) => {
      for (const user of users) {
        expect(mayPublish(user, subjects[0]!.replace('*', 'x')), `${user} writes`).toBe(user === owner);
        expect(mayPublish(user, `$JS.API.STREAM.CREATE.${name}`), `${user} makes`).toBe(user === owner);
        expect(mayPublish(user, `$JS.API.CONSUMER.MSG.NEXT.${name}.x`), `${user} reads`).toBe(
          user === owner || readers.includes(user),
        );
      }
    },
  );

  it('give nobody another’s inbox, the system account, or all of JetStream', () => {
    for (const user of users) {
      for (const other of users) expect(maySubscribe(user, `_INBOX_${other}.x`)).toBe(user === other);
      for (const subject of [
        '$SYS.REQ.SERVER.PING',
        '$JS.API.STREAM.DELETE.BINDINGS',
        '$JS.API.STREAM.LIST',
        'anything',
      ])
        expect(mayPublish(user, subject), `${user} ${subject}`).toBe(false);
      expect(maySubscribe(user, '$SYS.ACCOUNT.x')).toBe(false);
    }
  });

  it('let the query plane write nothing but questions to JetStream', () => {
    expect(permissions.lookup.publish.every((subject) => subject.startsWith('$JS.'))).toBe(true);
  });

  it('are those that the Helm chart carries', () => {
    const chart = new URL('../../../helm/callbook/files/nats-permissions.json', import.meta.url);
    expect(JSON.parse(readFileSync(chart, 'utf8'))).toEqual(permissions);
  });
});
