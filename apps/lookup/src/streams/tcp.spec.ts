import { afterEach, describe, expect, it } from 'vitest';
import { reached, streamBehaviour } from './behaviour.fixture.js';
import type { StreamTransport } from './listener.js';
import { framed, openTcp, query, repeatingResponder, type StreamClient } from './stream.fixture.js';
import { tcpTransport } from './tcp.js';

const here = { host: '127.0.0.1', port: 0 };

streamBehaviour({
  carrier: 'tcp',
  start: (deps, limits) => tcpTransport(here, deps, limits),
  open: openTcp,
});

describe('a thousand connections that say nothing', () => {
  let transport: StreamTransport;
  const idle: StreamClient[] = [];
  afterEach(async () => {
    for (const client of idle) client.socket.destroy();
    await transport.stop();
  });

  it('take what is allowed to them and no more, and nobody else waits', async () => {
    const limits = { connections: 300, connectionsPerClient: 300, idle: 60_000 };
    transport = tcpTransport(here, { responder: repeatingResponder() }, limits);
    await transport.start();
    for (let i = 0; i < 1_000; i += 50)
      idle.push(...(await Promise.all(Array.from({ length: 50 }, () => openTcp(transport.port)))));
    const asker = await openTcp(transport.port);
    idle.push(asker);
    asker.send(framed(query(1, 'name.callbook.example')));
    await asker.answers(1);
    await reached(() => idle.filter((client) => !client.ended && !client.closed).length === 300);
    asker.send(framed(query(2, 'name.callbook.example')));
    expect((await asker.answers(2)).length).toBe(2);
  });
});
