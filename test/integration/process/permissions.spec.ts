import { inboxPrefix, natsPermissions, rpcSubject, services, streams, type ServiceName } from '@callbook/contracts';
import { startServers, type Servers } from '@callbook/local';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { mkdtempSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const users = Object.keys(natsPermissions()) as ServiceName[];
const dir = mkdtempSync('/tmp/callbook-permissions-');
let servers: Servers<'nats'>;

beforeAll(async () => {
  servers = await startServers({ dir, only: ['nats'], ports: 'free', natsPermissions: natsPermissions() });
});
afterAll(async () => {
  await servers.stop();
  rmSync(dir, { recursive: true });
});

const as = (user: ServiceName): Promise<NatsConnection> =>
  connect({
    servers: servers.nats.url,
    user,
    pass: servers.nats.password(user),
    inboxPrefix: inboxPrefix(user),
    reconnect: false,
  });

/** What the server forbids of these: it says so for each, and goes on. */
async function forbidden(
  user: ServiceName,
  { publish = [], subscribe = [] }: { publish?: readonly string[]; subscribe?: readonly string[] },
): Promise<string[]> {
  const connection = await as(user);
  const refused: string[] = [];
  void (async () => {
    for await (const status of connection.status())
      if (status.type === 'error' && 'subject' in status.error) refused.push(String(status.error.subject));
  })();
  for (const subject of publish) connection.publish(subject, '{}');
  for (const subject of subscribe) connection.subscribe(subject, { callback: () => {} });
  await connection.flush();
  await new Promise((resolve) => setTimeout(resolve, 50));
  await connection.close();
  return refused.sort();
}

describe('the NATS server', () => {
  it('knows no one without a name and a password', async () => {
    await expect(connect({ servers: servers.nats.url, reconnect: false })).rejects.toThrow(/authorization/i);
    await expect(
      connect({ servers: servers.nats.url, user: 'lookup', pass: 'guess', reconnect: false }),
    ).rejects.toThrow(/authorization/i);
  });

  it.each(users)('lets %s publish and hear what is its own', async (user) => {
    const { publish, subscribe } = natsPermissions()[user];
    const instance = (pattern: string) => pattern.replace('>', 'x').replaceAll('*', 'x');
    expect(await forbidden(user, { publish: publish.map(instance), subscribe })).toEqual([]);
  });

  it.each(users)('forbids %s what belongs to others', async (user) => {
    const others = users.filter((other) => other !== user);
    const publish = [
      ...services.flatMap(({ name, methods }) =>
        Object.entries(methods).flatMap(([method, { callers }]) =>
          callers.includes(user) ? [] : [rpcSubject(name, method)],
        ),
      ),
      ...streams
        .filter(({ owner }) => owner !== user)
        .flatMap(({ name, subjects }) => [
          subjects[0]!.replace('*', 'x'),
          `$JS.API.STREAM.CREATE.${name}`,
          `$JS.API.STREAM.PURGE.${name}`,
        ]),
      ...streams.map(({ name }) => `$JS.API.STREAM.DELETE.${name}`),
      '$SYS.REQ.SERVER.PING',
      '$JS.API.ACCOUNT.PURGE.x',
      'anything.else',
    ].sort();
    const subscribe = [
      '>',
      '$SYS.>',
      '$JS.>',
      ...others.map((other) => `${inboxPrefix(other)}.>`),
      ...services.filter(({ name }) => name !== user).map(({ name }) => rpcSubject(name, '>')),
    ].sort();
    expect(await forbidden(user, { publish })).toEqual(publish);
    expect(await forbidden(user, { subscribe })).toEqual(subscribe);
  });
});
