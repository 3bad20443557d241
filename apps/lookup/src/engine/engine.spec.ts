import { createSocket, type Socket } from 'node:dgram';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { ask } from './echo.fixture.mjs';
import { countersReader } from './counters.js';
import { startEngine, type Engine, type EngineDeps } from './engine.js';

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function start(deps: Partial<EngineDeps<number>> & Pick<EngineDeps<number>, 'packets'>) {
  const engine = await startEngine<number, number>({
    addresses: [{ host: '127.0.0.1', port: await freePort() }],
    threads: 2,
    udpLimit: 1_232,
    entry: new URL('./echo-thread.fixture.mjs', import.meta.url),
    setup: () => ({ data: 1 }),
    died: () => undefined,
    clock: Date.now,
    ...deps,
  });
  stops.push(() => engine.stop());
  return engine;
}

/** A port of loopback that is free in both families. */
async function freePort(): Promise<number> {
  const socket = await bound('127.0.0.1');
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}

async function bound(host: string, port = 0): Promise<Socket> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  await new Promise<void>((resolve, reject) => socket.once('error', reject).bind(port, host, resolve));
  return socket;
}

/** A client that hears only the address that it asked. */
class Client {
  private readonly waiting = new Map<number, (answer: Buffer) => void>();
  private id = 0;

  private constructor(private readonly socket: Socket) {
    socket.on('message', (answer) => {
      if (answer.length >= 12) this.waiting.get(answer.readUInt16BE(0))?.(answer);
    });
    // While nobody listens the system says so; the query is sent again.
    socket.on('error', () => undefined);
  }

  static async of(port: number, host = '127.0.0.1'): Promise<Client> {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    await new Promise<void>((resolve) => socket.connect(port, host, resolve));
    stops.push(() => socket.close());
    return new Client(socket);
  }

  send(what: number, body: Uint8Array = new Uint8Array()): number {
    const id = (this.id = (this.id + 1) & 0xffff);
    const query = Buffer.alloc(13 + body.length);
    query.writeUInt16BE(id, 0);
    query[12] = what;
    query.set(body, 13);
    this.socket.send(query);
    return id;
  }

  raw(octets: Uint8Array): void {
    this.socket.send(octets);
  }

  /** What follows the header. Asks again until there is an answer: the system may lose packets. */
  async ask(what: number, body?: Uint8Array): Promise<Buffer> {
    for (;;) {
      const id = this.send(what, body);
      const answer = await Promise.race([
        new Promise<Buffer>((resolve) => this.waiting.set(id, resolve)),
        sleep(1_000).then(() => undefined),
      ]);
      this.waiting.delete(id);
      if (answer) return answer.subarray(12);
    }
  }
}

describe.each(['batched', 'portable'] as const)('packets moved %s', (packets) => {
  it('are answered to whoever asked, from the address that was asked', async () => {
    const port = await freePort();
    const hosts = ['127.0.0.1', '127.0.0.2', '::1'];
    await start({ packets, addresses: hosts.map((host) => ({ host, port })) });
    for (const host of hosts) {
      const clients = await Promise.all(Array.from({ length: 4 }, () => Client.of(port, host)));
      await Promise.all(
        clients.map(async (client, n) => {
          for (let round = 0; round < 50; round += 1) {
            const body = Uint8Array.of(n, round);
            expect((await client.ask(ask.echo, body)).subarray(1)).toEqual(Buffer.from(body));
          }
        }),
      );
      const address = await clients[0]!.ask(ask.address);
      expect([...address]).toEqual(host === '::1' ? [...new Array<number>(15).fill(0), 1] : [127, 0, 0, 1]);
    }
  });

  it('that get no answer leave those around them theirs', async () => {
    const port = await freePort();
    await start({ packets, addresses: [{ host: '127.0.0.1', port }] });
    const client = await Client.of(port);
    for (let round = 0; round < 40; round += 1) {
      for (let n = 0; n < 3; n += 1) client.send(ask.silence);
      const [one, two] = await Promise.all([
        client.ask(ask.echo, Uint8Array.of(1, round)),
        client.ask(ask.echo, Uint8Array.of(2, round)),
      ]);
      expect([...one.subarray(1), ...two.subarray(1)]).toEqual([1, round, 2, round]);
    }
  });

  it('may be empty, short, or so long that only their header is read; answers are as long as they may be', async () => {
    const port = await freePort();
    await start({ packets, addresses: [{ host: '127.0.0.1', port }] });
    const client = await Client.of(port);
    client.raw(new Uint8Array());
    client.raw(Uint8Array.of(1, 2, 3));
    expect((await client.ask(ask.fill)).length).toBe(1_220);
    expect((await client.ask(ask.length, new Uint8Array(4_083))).readUInt16BE(0)).toBe(4_096);
    expect([...(await client.ask(ask.length, new Uint8Array(4_084)))]).toEqual([12]);
    expect([...(await client.ask(ask.length, new Uint8Array(60_000)))]).toEqual([12]);
    expect((await client.ask(ask.fill)).length).toBe(1_220);
  });

  it('are counted by the thread that met them', async () => {
    const port = await freePort();
    const engine = await start({ packets, addresses: [{ host: '127.0.0.1', port }] });
    let counted = 0;
    const read = countersReader(engine.counters, {
      answered: (carrier, rcode, count) => {
        expect([carrier, rcode]).toEqual(['udp', 0]);
        counted += count;
      },
      met: () => undefined,
    });
    const clients = await Promise.all(Array.from({ length: 5 }, () => Client.of(port)));
    for (const client of clients) for (let n = 0; n < 10; n += 1) await client.ask(ask.echo);
    read();
    expect(counted).toBeGreaterThanOrEqual(50);
    const before = counted;
    read();
    expect(counted).toBe(before);
  });

  it('wait for no message from outside: a thread hears it while nothing comes, and while much does', async () => {
    const port = await freePort();
    const engine = await start({ packets, addresses: [{ host: '127.0.0.1', port }] });
    const clients = await Promise.all(Array.from({ length: 8 }, () => Client.of(port)));
    const told = async () =>
      new Set(await Promise.all(clients.map(async (client) => (await client.ask(ask.told))[0]!)));
    expect([...(await told())]).toEqual([1]);
    await sleep(50);
    engine.tell(2);
    expect(engine.hasHeard()).toBe(false);
    await expect.poll(() => engine.hasHeard(), { timeout: 15_000 }).toBe(true);
    await expect.poll(told, { timeout: 15_000 }).toEqual(new Set([2]));
    const flood = setInterval(() => {
      for (const client of clients) for (let n = 0; n < 50; n += 1) client.send(ask.echo);
    }, 1);
    stops.push(() => clearInterval(flood));
    engine.tell(3);
    await expect.poll(told, { timeout: 15_000 }).toEqual(new Set([3]));
    await engine.stop();
    clearInterval(flood);
  });

  it('go on being answered after a thread died, by one that begins with what holds by then', async () => {
    const port = await freePort();
    let greeting = 1;
    let left = 0;
    const deaths: boolean[] = [];
    await start({
      packets,
      addresses: [{ host: '127.0.0.1', port }],
      threads: 1,
      setup: () => ({ data: greeting, left: () => (left += 1) }),
      died: (_, last) => deaths.push(last),
    });
    const client = await Client.of(port);
    expect((await client.ask(ask.told))[0]).toBe(1);
    greeting = 9;
    client.send(ask.die);
    await expect.poll(() => deaths, { timeout: 15_000 }).toEqual([false]);
    expect((await client.ask(ask.told))[0]).toBe(9);
    expect(left).toBe(1);
  });

  it('are given up when threads die one after the other', async () => {
    const port = await freePort();
    const deaths: boolean[] = [];
    await start({
      packets,
      addresses: [{ host: '127.0.0.1', port }],
      threads: 1,
      died: (_, last) => deaths.push(last),
    });
    const client = await Client.of(port);
    const killing = setInterval(() => client.send(ask.die), 20);
    stops.push(() => clearInterval(killing));
    await expect.poll(() => deaths.at(-1), { timeout: 18_000 }).toBe(true);
    expect(deaths.filter((last) => !last)).toHaveLength(5);
  });

  it('cannot be had where somebody else takes them', async () => {
    const other = await bound('127.0.0.1');
    stops.push(() => other.close());
    const { port } = other.address();
    await expect(start({ packets, addresses: [{ host: '127.0.0.1', port }] })).rejects.toThrow(/EADDRINUSE/);
  });
});

describe('an engine', () => {
  it('moves packets in batches wherever the system can, and says how when it can not', async () => {
    const engine: Engine<number> = await start({ packets: 'auto' });
    expect(engine.packets).toBe('batched');
    expect((await start({ packets: 'portable' })).because).toBe('told so');
  });
});
