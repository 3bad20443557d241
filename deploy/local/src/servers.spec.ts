import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServers, type Servers } from './servers.js';

const dir = mkdtempSync(path.join(tmpdir(), 'callbook-servers-'));
const permissions = {
  records: { publish: ['records.>'], subscribe: ['_INBOX_records.>'] },
  lookup: { publish: [], subscribe: ['zone.>'] },
};
let servers: Servers;

beforeAll(async () => {
  servers = await startServers({ dir, ports: 'free', natsPermissions: permissions });
});
afterAll(async () => {
  await servers?.stop();
  rmSync(dir, { recursive: true, force: true });
});

async function ask(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client(url);
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(sql)).rows as unknown[];
  } finally {
    await client.end();
  }
}

/** Sends lines to a text protocol and returns what comes back in a short while. */
async function say(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.on('data', (data: Buffer) => (answer += data.toString()));
  await once(socket, 'connect');
  socket.write(text);
  await new Promise((resolve) => setTimeout(resolve, 150));
  socket.destroy();
  return answer;
}

const nats = (user: string, password: string, commands: string): Promise<string> =>
  say(
    servers.nats.port,
    `CONNECT ${JSON.stringify({ user, pass: password, verbose: false, headers: false })}\r\n${commands}PING\r\n`,
  );

describe('PostgreSQL', () => {
  it('gives each role the schema of its name, and no other', async () => {
    await ask(servers.postgres.url('records'), 'create table bindings (id int)');
    expect(
      await ask(servers.postgres.url('records'), "select schemaname from pg_tables where tablename = 'bindings'"),
    ).toEqual([{ schemaname: 'records' }]);
    await expect(ask(servers.postgres.url('signer'), 'select * from records.bindings')).rejects.toThrow(
      'permission denied for schema records',
    );
    await expect(ask(servers.postgres.url('signer'), 'create table public.t (id int)')).rejects.toThrow(
      'permission denied for schema public',
    );
  });

  it('refuses a wrong password', async () => {
    const url = new URL(servers.postgres.url('records'));
    url.password = 'guess';
    await expect(ask(url.href, 'select 1')).rejects.toThrow('password authentication failed');
  });

  it('has its data after kill -9, on the same port', async () => {
    await ask(servers.postgres.url('records'), 'create table kept (id int); insert into kept values (7)');
    await servers.postgres.kill('SIGKILL');
    expect(servers.postgres.running).toBe(false);
    await servers.postgres.start();
    expect(await ask(servers.postgres.url('records'), 'select id from kept')).toEqual([{ id: 7 }]);
  });
});

describe('Redis', () => {
  const redis = (commands: string): Promise<string> =>
    say(servers.redis.port, `AUTH ${servers.redis.password}\r\n${commands}`);

  it('asks for its password and evicts nothing', async () => {
    expect(await say(servers.redis.port, 'PING\r\n')).toContain('NOAUTH');
    expect(await redis('CONFIG GET maxmemory-policy\r\n')).toContain('noeviction');
  });

  it('has what it acknowledged after kill -9', async () => {
    expect(await redis('SET job 1\r\n')).toBe('+OK\r\n+OK\r\n');
    await servers.redis.kill('SIGKILL');
    await servers.redis.start();
    expect(await redis('GET job\r\n')).toContain('$1\r\n1\r\n');
  });
});

describe('NATS', () => {
  it('lets nobody in without a password', async () => {
    expect(await say(servers.nats.port, 'CONNECT {"verbose":false}\r\nPING\r\n')).toContain(
      "-ERR 'Authorization Violation'",
    );
    expect(await nats('records', 'guess', '')).toContain("-ERR 'Authorization Violation'");
  });

  it.each([
    ['records', 'PUB records.binding.published 0\r\n\r\n', true],
    ['records', 'PUB signer.zone.publish 0\r\n\r\n', false],
    ['records', 'PUB $JS.API.STREAM.DELETE.BINDINGS 0\r\n\r\n', false],
    ['records', 'SUB _INBOX_lookup.x 1\r\n', false],
    ['records', 'SUB > 1\r\n', false],
    ['lookup', 'SUB zone.journal.callbook_example 1\r\n', true],
    ['lookup', 'PUB zone.journal.callbook_example 0\r\n\r\n', false],
    ['lookup', 'SUB $SYS.> 1\r\n', false],
  ])('%s: %s is allowed: %s', async (user, command, allowed) => {
    const answer = await nats(user, servers.nats.password(user), command);
    expect(answer.includes('Permissions Violation')).toBe(!allowed);
    expect(answer).toContain('PONG');
  });

  it('starts again with JetStream after kill -9', async () => {
    await servers.nats.kill('SIGKILL');
    await servers.nats.start();
    expect(await nats('records', servers.nats.password('records'), '')).toContain('"jetstream":true');
  });
});

describe('what a start finds', () => {
  it('keeps every password in files that only their owner reads', () => {
    for (const file of ['secrets.json', 'redis.conf', 'nats.conf'])
      expect(statSync(path.join(dir, file)).mode & 0o077).toBe(0);
  });

  it('refuses a folder whose servers somebody else runs', async () => {
    await expect(startServers({ dir, only: ['redis'], ports: 'free' })).rejects.toMatchObject({
      code: 'ALREADY_RUNNING',
    });
  });

  it('stops a server whose owner died without it, and takes its place', async () => {
    const record = path.join(dir, 'run/redis.json');
    const left = JSON.parse(readFileSync(record, 'utf8')) as { process: { pid: number } };
    writeFileSync(record, JSON.stringify({ ...left, owner: { pid: 999_999_999, started: '1' } }));
    const again = await startServers({ dir, only: ['redis'], ports: { redis: servers.redis.port } });
    expect(again.redis.pid).not.toBe(left.process.pid);
    await again.stop();
    expect(servers.redis.running).toBe(false);
  });

  it('names who holds a port, the way out, and leaves nothing running', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as AddressInfo;
    const other = mkdtempSync(path.join(tmpdir(), 'callbook-taken-'));
    const start = startServers({
      dir: other,
      only: ['redis', 'nats'],
      ports: { redis: port, nats: port + 1 },
      portVariables: { redis: 'CALLBOOK_LOCAL_PORT_REDIS' },
    });
    await expect(start).rejects.toMatchObject({
      code: 'PORT_TAKEN',
      message: expect.stringContaining(`port ${port} (Redis) is taken`) as string,
      hint: expect.stringContaining('CALLBOOK_LOCAL_PORT_REDIS') as string,
    });
    await expect(say(port + 1, '')).rejects.toThrow('ECONNREFUSED');
    holder.close();
    rmSync(other, { recursive: true });
  });
});
