// Longer than most: one look-up goes through all of this, and must be the same process at the end.
import { decodeMessage, encodeMessage, Name, queryFor, Rcode, RRType, type Edns } from '@callbook/dns';
import { nodeOf, parseE164 } from '@callbook/enum';
import { randomBytes, randomInt } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { reservedNumber, sip, startWorld, type World } from '../harness/world.js';
import { framed, suffix, TcpClient, UdpClient, withDnssec, type Address } from './dns-packets.js';

const idle = 4_000;
const connectionLimit = 1_000;
const number = reservedNumber(200);
const node = nodeOf(parseE164(number), suffix);

let world: World;
let server: Address;
let udp: UdpClient;
let pid: number;
const open: TcpClient[] = [];

beforeAll(async () => {
  world = await startWorld({
    settings: { lookup: { CALLBOOK_TCP_IDLE: `${idle}ms`, CALLBOOK_TCP_CONNECTIONS: String(connectionLimit) } },
  });
  server = world.callbook.addresses.dns[0]!;
  await (await world.person()).register(number, sip('sip:alice@example.net'));
  udp = await UdpClient.open(server);
  pid = world.callbook.services.lookups[0]!.pid!;
});
afterEach(async () => {
  for (const client of open.splice(0)) client.close();
  // Whatever was done to it: the same process goes on answering the question that it is there for.
  expect(world.callbook.services.lookups[0]!.pid).toBe(pid);
  expect(await world.lookup(number)).toMatchObject({ status: 'secure' });
});
afterAll(async () => {
  udp?.close();
  await world?.stop();
});

async function tcp(options?: { allowHalfOpen?: boolean }): Promise<TcpClient> {
  const client = await TcpClient.open(server, '127.0.0.1', options);
  open.push(client);
  return client;
}

const octetsOf = (name: Name, type: number, edns?: Edns, id = randomInt(65_536)) =>
  Buffer.from(encodeMessage(queryFor({ name, type, class: 1 }, id, edns && { edns })));
const naptrQuery = (id?: number) => octetsOf(node, RRType.NAPTR, withDnssec, id);
const idOf = (octets: Uint8Array) => (octets[0]! << 8) | octets[1]!;
const missing = (n: number) => Name.parse(`${n}.${node.toString()}`);

/** Milliseconds, in order, of questions over UDP, one after the other. */
async function udpTimes(count: number): Promise<number[]> {
  const times: number[] = [];
  for (let n = 0; n < count; n += 1) {
    const began = performance.now();
    expect(decodeMessage(await udp.ask(naptrQuery())).answers.length).toBeGreaterThan(0);
    times.push(performance.now() - began);
  }
  return times.sort((a, b) => a - b);
}
const median = (sorted: readonly number[]) => sorted[Math.floor(sorted.length / 2)]!;

const memory = () => Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1_024;
const descriptors = async () =>
  (await import('node:fs/promises')).readdir(`/proc/${pid}/fd`).then(({ length }) => length);

describe('over TCP', () => {
  it(`${connectionLimit} idle connections do not keep UDP waiting, the oldest makes room for one more, and all are closed in the end`, async () => {
    const before = median(await udpTimes(100));
    const descriptorsBefore = await descriptors();
    const clients: TcpClient[] = [];
    for (let n = 0; n < connectionLimit / 50; n += 1)
      clients.push(...(await Promise.all(Array.from({ length: 50 }, () => tcp()))));
    expect(median(await udpTimes(100))).toBeLessThan(before * 10 + 100);

    const another = await tcp();
    another.write(framed(naptrQuery(7)));
    expect(idOf((await another.next())!)).toBe(7);
    expect(await clients[0]!.endsWithin(idle / 2)).toBe(true);

    for (const client of clients) expect(await client.endsWithin(idle * 4)).toBe(true);
    another.close();
    await expect.poll(descriptors, { timeout: 10_000 }).toBeLessThan(descriptorsBefore + 10);
  });

  it('5,000 queries at once on one connection are all answered, in their order, and UDP meanwhile', async () => {
    const client = await tcp();
    const count = 5_000;
    const queries = Array.from({ length: count }, (_, n) =>
      framed(n % 2 === 0 ? naptrQuery(n) : octetsOf(missing(n), RRType.NAPTR, withDnssec, n)),
    );
    const began = performance.now();
    client.write(Buffer.concat(queries));
    const slowest = (async () => (await udpTimes(50)).at(-1)!)();
    for (let n = 0; n < count; n += 1) expect(idOf((await client.next(20_000))!)).toBe(n);
    const all = performance.now() - began;
    // Not behind all of them: a connection gets its turn, and so does everybody else.
    expect(await slowest).toBeLessThan(Math.max(500, all / 2));
  }, 180_000);

  it('a client that says it is done writing gets the answers to all that it wrote', async () => {
    const client = await tcp({ allowHalfOpen: true });
    const count = 20_000; // more than the system keeps for a client that does not read yet
    client.socket.pause();
    client.write(Buffer.concat(Array.from({ length: count }, (_, n) => framed(naptrQuery(n)))));
    client.socket.end();
    await sleep(500);
    client.socket.resume();
    for (let n = 0; n < count; n += 1) expect(idOf((await client.next())!)).toBe(n);
    expect(await client.endsWithin(1_000)).toBe(true);
  });

  it('a query may come an octet at a time', async () => {
    const client = await tcp();
    for (const octet of framed(naptrQuery(21))) {
      client.write(Uint8Array.of(octet));
      await sleep(2);
    }
    expect(idOf((await client.next())!)).toBe(21);
  });

  it('but a client that takes too long for one query is sent away', async () => {
    const client = await tcp();
    const query = framed(naptrQuery());
    const began = performance.now();
    for (const octet of query) {
      if (client.closed) break;
      client.write(Uint8Array.of(octet));
      await sleep(200);
    }
    expect(client.closed).toBe(true);
    expect(performance.now() - began).toBeLessThan(idle * 4);
  });

  it('a client that asks and never reads costs a little memory for a little while', async () => {
    const before = { memory: memory(), descriptors: await descriptors() };
    const clients = await Promise.all(Array.from({ length: 5 }, () => tcp()));
    const burst = Buffer.concat(Array.from({ length: 1_000 }, () => framed(naptrQuery())));
    for (const client of clients) {
      client.socket.pause();
      // Far more answers than the system keeps for someone who does not read.
      for (let n = 0; n < 40; n += 1) client.write(burst);
    }
    await sleep(500);
    expect(median(await udpTimes(20))).toBeLessThan(500);
    await expect.poll(descriptors, { timeout: 20_000 }).toBeLessThanOrEqual(before.descriptors);
    expect(memory()).toBeLessThan(before.memory + 128);
  });

  it.each([
    ['of no octets', Buffer.from([0, 0])],
    ['of less than a header', Buffer.from([0, 5, 1, 2, 3, 4, 5])],
    ['that is itself an answer', framed(withFlags(naptrQuery(), 0x80))],
  ])('a message %s is passed over, and the next one is answered', async (_, octets) => {
    const client = await tcp();
    client.write(octets);
    client.write(framed(naptrQuery(33)));
    expect(idOf((await client.next())!)).toBe(33);
  });

  it('a message of 65,535 octets is one that is malformed, not one that is too much', async () => {
    const client = await tcp();
    const octets = Buffer.concat([naptrQuery(44), randomBytes(65_535)]).subarray(0, 65_535);
    client.write(framed(octets));
    const reply = decodeMessage((await client.next())!);
    expect(reply).toMatchObject({ id: 44, rcode: Rcode.FORMERR });
  });

  it('5,000 records in a query are no reason to work', async () => {
    const client = await tcp();
    const record = Buffer.from([0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0]);
    const query = octetsOf(node, RRType.NAPTR, undefined, 55);
    query.writeUInt16BE(5_000, 6);
    const began = performance.now();
    client.write(framed(Buffer.concat([query, Buffer.alloc(5_000 * record.length, record)])));
    expect(idOf((await client.next())!)).toBe(55);
    expect(performance.now() - began).toBeLessThan(2_000);
  });
});

function withFlags(octets: Buffer, flags: number): Buffer {
  const changed = Buffer.from(octets);
  changed[2] = changed[2]! | flags;
  return changed;
}

/** An OPT record (RFC 6891 §6.1.2) as octets. */
function opt(given: { version?: number; options?: Buffer; length?: number } = {}): Buffer {
  const { version = 0, options = Buffer.alloc(0), length = options.length } = given;
  const fixed = Buffer.from([0, 0, 41, 0x04, 0xd0, 0, version, 0x80, 0, length >> 8, length & 0xff]);
  return Buffer.concat([fixed, options]);
}
function withOpts(id: number, ...opts: Buffer[]): Buffer {
  const query = octetsOf(node, RRType.NAPTR, undefined, id);
  query.writeUInt16BE(opts.length, 10);
  return Buffer.concat([query, ...opts]);
}

describe('over UDP', () => {
  it('an answer gets silence: two servers cannot be made to talk to each other', async () => {
    udp.send(withFlags(naptrQuery(), 0x80));
    udp.send(withFlags(octetsOf(node, RRType.A), 0xf8));
    expect(await udp.next(300)).toBeUndefined();
  });

  it.each<[string, (id: number) => Buffer, number]>([
    ['two OPT records', (id) => withOpts(id, opt(), opt()), Rcode.FORMERR],
    [
      'an option that runs over its OPT',
      (id) => withOpts(id, opt({ options: Buffer.from([0, 10, 0, 99, 1]) })),
      Rcode.FORMERR,
    ],
    ['half an option', (id) => withOpts(id, opt({ options: Buffer.from([0, 10, 0]) })), Rcode.FORMERR],
    ['an OPT that runs over the message', (id) => withOpts(id, opt({ length: 500 })), Rcode.FORMERR],
    ['EDNS of version 1', (id) => withOpts(id, opt({ version: 1 })), Rcode.BADVERS],
    ['EDNS of version 255', (id) => withOpts(id, opt({ version: 255 })), Rcode.BADVERS],
    [
      'an option that nobody knows',
      (id) => withOpts(id, opt({ options: Buffer.from([0xff, 0xee, 0, 1, 7]) })),
      Rcode.NOERROR,
    ],
    ['an octet too many', (id) => Buffer.concat([naptrQuery(id), Buffer.of(0)]), Rcode.FORMERR],
    ['no question', (id) => Buffer.from([id >> 8, id & 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), Rcode.FORMERR],
    [
      'a pointer to itself',
      (id) => Buffer.from([id >> 8, id & 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xc0, 12, 0, 1, 0, 1]),
      Rcode.FORMERR,
    ],
    [
      'class CH',
      (id) => Buffer.from(encodeMessage(queryFor({ name: node, type: RRType.TXT, class: 3 }, id))),
      Rcode.REFUSED,
    ],
    ['type 0', (id) => octetsOf(node, 0, undefined, id), Rcode.NOTIMP],
    ['a transfer', (id) => octetsOf(Name.parse('callbook.example.'), RRType.AXFR, undefined, id), Rcode.NOTIMP],
    ['another zone', (id) => octetsOf(Name.parse('example.net.'), RRType.A, undefined, id), Rcode.REFUSED],
  ])('%s gets its answer, and no more than it is worth', async (_, made, rcode) => {
    const query = made(randomInt(65_536));
    const octets = await udp.ask(query);
    const reply = decodeMessage(octets);
    expect(reply).toMatchObject({ id: idOf(query), response: true, rcode });
    expect(octets.length).toBeLessThanOrEqual(rcode === Rcode.NOERROR ? 1_232 : query.length + 32);
  });

  it('as many questions as a packet holds get a short answer, whatever is done with them', async () => {
    for (const opcode of [0, 1, 2, 4, 5, 6, 15]) {
      for (const count of [2, 100, 280]) {
        const packet = Buffer.alloc(12 + count * 5);
        packet.writeUInt16BE(randomInt(65_536), 0);
        packet[2] = opcode << 3;
        packet.writeUInt16BE(count, 4);
        for (let n = 0; n < count; n += 1) packet.set([0, 0, 1, 0, 1], 12 + n * 5);
        const octets = await udp.ask(packet);
        expect(octets.length).toBeLessThanOrEqual(512);
        expect(decodeMessage(octets)).toMatchObject({ response: true, opcode });
      }
    }
  });

  it('all 65,536 types and 16 opcodes are answered', async () => {
    const rcodes = new Set<number>();
    for (let type = 0; type < 65_536; type += 64) {
      const ids = new Set(Array.from({ length: 64 }, (_, n) => type + n));
      for (let attempt = 0; ids.size > 0 && attempt < 5; attempt += 1) {
        for (const id of ids) udp.send(octetsOf(node, id, id % 2 === 0 ? withDnssec : undefined, id));
        for (
          let octets = await udp.next();
          octets && ids.size > 0;
          octets = ids.size > 0 ? await udp.next() : undefined
        ) {
          rcodes.add(decodeMessage(octets).rcode);
          ids.delete(idOf(octets));
        }
      }
      expect([...ids]).toEqual([]);
    }
    // IXFR is for zones, and this name is none.
    expect([...rcodes].sort()).toEqual([Rcode.NOERROR, Rcode.FORMERR, Rcode.NOTIMP, Rcode.NOTAUTH].sort());
    for (let opcode = 1; opcode < 16; opcode += 1) {
      const query = octetsOf(node, RRType.SOA);
      query[2] = opcode << 3;
      expect(decodeMessage(await udp.ask(query))).toMatchObject({ opcode, rcode: Rcode.NOTIMP });
    }
  }, 180_000);
});

/** Packets that others found to be trouble: `name hex` a line. */
const borrowed = fileURLToPath(new URL('../../../shared/vectors/bind-fuzz-seeds/messages.txt', import.meta.url));
const seeds = (): Buffer[] => [
  naptrQuery(),
  octetsOf(node, RRType.SMIMEA),
  octetsOf(missing(1), RRType.ANY, withDnssec),
  withOpts(1, opt({ options: Buffer.from([0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8]) })),
  Buffer.from(encodeMessage({ ...decodeMessage(naptrQuery()), opcode: 5 })),
  ...(existsSync(borrowed)
    ? readFileSync(borrowed, 'utf8')
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#'))
        .map((line) => Buffer.from(line.split(' ').at(-1)!, 'hex'))
        .filter(({ length }) => length > 0 && length < 1_400)
    : []),
];

/** A packet with a few things wrong with it. */
function mutated(seed: Buffer): Buffer {
  let packet = Buffer.from(seed);
  for (let changes = randomInt(1, 5); changes > 0; changes -= 1) {
    const at = randomInt(0, Math.max(1, packet.length));
    switch (randomInt(6)) {
      case 0:
        packet[at] = randomInt(256);
        break;
      case 1:
        packet[at] = packet[at]! ^ (1 << randomInt(8));
        break;
      case 2:
        packet = packet.subarray(0, at);
        break;
      case 3:
        packet = Buffer.concat([packet.subarray(0, at), randomBytes(randomInt(1, 20)), packet.subarray(at)]);
        break;
      case 4:
        packet = Buffer.concat([packet.subarray(0, at), packet.subarray(randomInt(0, packet.length + 1))]);
        break;
      case 5:
        if (packet.length >= 12) packet.writeUInt16BE([0, 1, 2, 255, 65_535][randomInt(5)]!, 4 + 2 * randomInt(4));
    }
  }
  return packet.subarray(0, 1_400);
}

describe('packets that are almost right', () => {
  it('tens of thousands of them neither end it nor fill its memory, and each answer is to what was asked', async () => {
    const given = seeds();
    const many = await UdpClient.open(server);
    const round = async (packets: number) => {
      for (let sent = 0; sent < packets; sent += 50) {
        const ids = new Set<number>();
        for (let n = 0; n < 50; n += 1) {
          const packet = mutated(given[randomInt(given.length)]!);
          if (packet.length >= 12) ids.add(idOf(packet));
          many.send(packet);
        }
        // A question that is right, behind them all: when it is answered, they were read.
        const right = naptrQuery();
        ids.add(idOf(right));
        many.send(right);
        for (let octets = await many.next(); octets; octets = await many.next()) {
          expect(ids.has(idOf(octets))).toBe(true);
          expect(octets[2]! & 0x80).toBe(0x80);
          expect(octets.length).toBeLessThanOrEqual(1_232);
          if (idOf(octets) === idOf(right)) break;
        }
      }
    };
    await round(10_000);
    const warm = memory();
    await round(20_000);
    many.close();
    expect(memory()).toBeLessThan(warm + 48);
  }, 180_000);

  it('nor do they over TCP', async () => {
    const given = seeds();
    for (let n = 0; n < 60; n += 1) {
      const client = await tcp();
      client.write(Buffer.concat(Array.from({ length: 50 }, () => framed(mutated(given[randomInt(given.length)]!)))));
      const right = naptrQuery();
      client.write(framed(right));
      for (let octets = await client.next(); ; octets = await client.next()) {
        expect(octets).toBeDefined();
        if (idOf(octets!) === idOf(right)) break;
      }
      // A length that promises more than ever comes.
      client.write(Buffer.from([0xff, 0xff, ...randomBytes(20)]));
      client.close();
    }
  }, 180_000);
});
