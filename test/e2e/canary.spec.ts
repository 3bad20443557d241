// Longer than most: what was asked, refused and written in one world is looked for in all that this world leaves.
import { decodeMessage, encodeMessage, Name, Opcode, queryFor, RRType, type Edns } from '@callbook/dns';
import { nodeOf, parseE164 } from '@callbook/enum';
import { keyOwner, spkiOf } from '@callbook/keys';
import { freePorts, type PortSource } from '@callbook/local';
import { RefusedError } from '@callbook/sdk';
import { randomBytes, randomInt } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reservedNumber, sip, startWorld, type Person, type World } from '../harness/world.js';
import { Sender } from './bent-request.js';
import {
  filesOf,
  findIn,
  findInFiles,
  spellingsOfAddress,
  spellingsOfNumber,
  spellingsOfOctets,
  spellingsOfText,
  type Needle,
} from './canary-scan.js';
import { framed, suffix, TcpClient, UdpClient, withDnssec, type Address } from './dns-packets.js';
import { NatsTap } from './nats-tap.js';

/** Numbers that are asked for and never registered. */
const askedNumbers = [reservedNumber(977), reservedNumber(968), reservedNumber(959)];
/** Labels that are asked for, and that nobody could guess. */
const askedLabels = Array.from({ length: 3 }, () => `canary-${randomBytes(8).toString('hex')}`);
/** Every address of 127/8 is this machine's: clients that can be told from each other. */
const askingAddresses = ['127.83.201.17', '127.241.113.66'];
/** Addresses and numbers of clients whose requests to the API are refused. */
const refusedNumbers = { unverified: reservedNumber(888), impossible: '+4477009008785', anywhere: reservedNumber(866) };
const writingAddress = '127.199.77.143';
/** Numbers in requests that were made while something was down. */
const unluckyNumbers = [reservedNumber(855), reservedNumber(846), reservedNumber(837)];
const registered = reservedNumber(600);
const contested = reservedNumber(611);
const sipUri = `sip:canary-${randomBytes(6).toString('hex')}@example.net`;

let world: World;
let tap: NatsTap;
let alice: Person;
let secret: string;
let smsText: string;
let attestation: string;
let answersSeen = 0;

beforeAll(async () => {
  tap = await NatsTap.open();
  const ports: PortSource = async (name) => {
    const port = await freePorts(name);
    if (name === 'nats') tap.upstream = port;
    return port;
  };
  const chatty = { CALLBOOK_NATS_URL: tap.url, CALLBOOK_LOG_LEVEL: 'debug' };
  world = await startWorld({
    lookups: 2,
    ports,
    settings: { gateway: chatty, identity: chatty, records: chatty, signer: chatty, lookup: chatty },
  });
  alice = await world.person();
  const asked = await alice.askForSecret(registered);
  ({ secret } = asked);
  smsText = asked.message.text;
  attestation = (await alice.registration.claim(asked.verification.id, secret)).attestation!;
  await alice.registration.publish(`tel:${registered}`, sip(sipUri), { attestation, wait: 10 });
});
afterAll(async () => {
  await world?.stop();
  tap?.stop();
});

describe('the scanner', () => {
  const number = reservedNumber(977);
  const spelled = spellingsOfNumber(number);

  it('finds a number in every spelling that it knows, in any file of any folder', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'callbook-canary-'));
    try {
      mkdirSync(path.join(folder, 'a/b'), { recursive: true });
      for (const [index, { octets }] of spelled.entries())
        writeFileSync(
          path.join(folder, 'a/b', `${index}`),
          Buffer.concat([randomBytes(100), octets, randomBytes(100)]),
        );
      const files = new Set(findInFiles(folder, spelled).map((finding) => finding.split(' ')[0]));
      expect(files.size).toBe(spelled.length);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it.each<[string, string | Buffer]>([
    ['a log line', `{"msg":"found","number":"+447700900977"}`],
    ['a log line of something careful', `{"msg":"found","number":"\\u002b447700900977"}`],
    ['a name', 'NAPTR 7.7.9.0.0.9.0.0.7.7.4.4.e164.callbook.example.'],
    ['a metric', 'dns_queries{name="7.7.9.0.0.9.0.0.7.7.4.4.e164.callbook.example"} 1'],
    ['a URL', 'POST /v1/bindings/tel%3A%2B447700900977'],
    ['a JWS', Buffer.from(Buffer.from('{"identifier":"tel:+447700900977"}').toString('base64url'))],
    [
      'a packet',
      Buffer.from(encodeMessage(queryFor({ name: nodeOf(parseE164(number), suffix), type: 1, class: 1 }, 1))),
    ],
    [
      'a packet in hexadecimal',
      Buffer.from(encodeMessage(queryFor({ name: nodeOf(parseE164(number), suffix), type: 1, class: 1 }, 1))).toString(
        'hex',
      ),
    ],
    ['a Buffer in JSON', JSON.stringify(Buffer.from(nodeOf(parseE164(number), suffix).wire))],
    [
      'a packet as a JSON string',
      JSON.stringify(Buffer.from(nodeOf(parseE164(number), suffix).wire).toString('latin1')),
    ],
  ])('finds it in %s', (_, haystack) => {
    expect(findIn('there', haystack, spelled)).not.toEqual([]);
  });

  it('does not take another number for it', () => {
    for (const other of [registered, contested, ...Object.values(refusedNumbers).slice(0, 1)])
      for (const { octets } of spellingsOfNumber(other)) expect(findIn('there', octets, spelled)).toEqual([]);
  });

  it('finds an address', () => {
    for (const text of [
      '"127.83.201.17"',
      '::ffff:127.83.201.17',
      Buffer.from('peer=127.83.201.17').toString('base64'),
    ])
      expect(findIn('there', text, spellingsOfAddress('127.83.201.17'))).not.toEqual([]);
  });
});

interface Asking {
  readonly udp: UdpClient;
  readonly tcp: () => Promise<TcpClient>;
}

/** Sends over UDP, and over TCP when it is not too short to be framed at all; counts what comes back. */
async function say({ udp, tcp }: Asking, packets: readonly Uint8Array[]): Promise<void> {
  const client = await tcp();
  for (const packet of packets) {
    udp.send(packet);
    client.write(framed(packet));
  }
  // A question behind them all, so that all of them were read.
  const last = encodeMessage(queryFor({ name: Name.parse('callbook.example.'), type: RRType.SOA, class: 1 }, 0xbeef));
  const before = udp.received;
  await udp.ask(last);
  answersSeen += udp.received - before;
  client.write(framed(last));
  for (let octets = await client.next(); octets; octets = await client.next()) {
    answersSeen += 1;
    if (octets.readUInt16BE(0) === 0xbeef) break;
  }
  client.close();
}

const packet = (name: Name, type: number, edns?: Edns) =>
  Buffer.from(encodeMessage(queryFor({ name, type, class: 1 }, randomInt(0xbeee), edns && { edns })));

/** Everything that can be asked about a name, rightly and wrongly. */
function* packetsAbout(name: Name, address: string): Generator<Buffer> {
  for (const type of [RRType.NAPTR, RRType.SMIMEA, RRType.NSEC, RRType.ANY, RRType.AXFR, RRType.IXFR, 65_280])
    for (const edns of [undefined, withDnssec, { ...withDnssec, compactOk: false }]) yield packet(name, type, edns);
  // Options that say who asks and what for: client subnet (RFC 7871), and any other.
  const subnet = Buffer.from([0, 1, 32, 0, ...address.split('.').map(Number)]);
  yield packet(name, RRType.NAPTR, {
    ...withDnssec,
    options: [
      { code: 8, data: subnet },
      { code: 65_001, data: name.wire },
    ],
  });
  yield packet(name, RRType.NAPTR, { ...withDnssec, version: 3 });

  const right = packet(name, RRType.NAPTR, withDnssec);
  for (let length = 0; length < right.length; length += 1) yield right.subarray(0, length);
  for (const at of [4, 6, 8, 10]) {
    for (const count of [0, 2, 3, 65_535]) {
      const wrong = Buffer.from(right);
      wrong.writeUInt16BE(count, at);
      yield wrong;
    }
  }
  yield Buffer.concat([right, Buffer.from(name.wire)]);
  const flagged = (flags: number) => {
    const changed = Buffer.from(right);
    changed[2] = flags;
    return changed;
  };
  yield flagged(0x80);
  for (const opcode of [Opcode.NOTIFY, Opcode.UPDATE, 2, 15]) yield flagged(opcode << 3);
  yield Buffer.from(encodeMessage(queryFor({ name, type: RRType.TXT, class: 3 }, 1)));
}

const upperCased = (name: Name) => Name.parse(name.toString().toUpperCase());

describe('what was asked', () => {
  beforeAll(async () => {
    for (const server of world.callbook.addresses.dns) await askEverything(server);
    // And as clients do it, where the answers are proofs that it is not there.
    for (const number of askedNumbers)
      for (const replica of [0, 1]) expect(await world.lookup(number, replica)).toEqual({ status: 'not-found' });
  }, 180_000);

  async function askEverything(server: Address): Promise<void> {
    const nodes = askedNumbers.map((number) => nodeOf(parseE164(number), suffix));
    const names = [
      ...nodes.flatMap((node) => [node, keyOwner(node), upperCased(node)]),
      ...askedLabels.flatMap((label) => [suffix.prepend(label), Name.parse(`${label}.example.net.`)]),
    ];
    for (const address of [...askingAddresses, '127.0.0.1']) {
      const udp = await UdpClient.open(server, address);
      const tcp = () => TcpClient.open(server, address);
      for (const name of names) await say({ udp, tcp }, [...packetsAbout(name, address)]);
      // Connections that end in the middle of a question.
      for (const name of names) {
        const half = framed(packet(name, RRType.NAPTR, withDnssec));
        const client = await tcp();
        client.write(half.subarray(0, half.length - 3));
        await new Promise<void>((resolve) => client.socket.end(() => resolve()));
        client.close();
      }
      udp.close();
    }
  }

  const needles = (): Needle[] => [
    ...askedNumbers.flatMap(spellingsOfNumber),
    ...askedLabels.flatMap((label) => [
      ...spellingsOfText(label, label),
      ...spellingsOfText(`${label} in capitals`, label.toUpperCase()),
    ]),
    ...askingAddresses.flatMap(spellingsOfAddress),
  ];

  it('was answered: the look-ups have seen it', async () => {
    expect(answersSeen).toBeGreaterThan(5_000);
    const udp = await UdpClient.open(world.callbook.addresses.dns[0]!, askingAddresses[0]);
    const reply = decodeMessage(
      await udp.ask(packet(nodeOf(parseE164(askedNumbers[0]!), suffix), RRType.NAPTR, withDnssec)),
    );
    udp.close();
    expect(reply).toMatchObject({ response: true, authoritative: true, rcode: 3 });
  });

  it('is in no metric of any service', async () => {
    for (const [name, text] of await metrics()) expect(findIn(`metrics of ${name}`, text, needles())).toEqual([]);
  });

  it('is in the environment and on the command line of no process', () => {
    for (const [where, octets] of processes()) expect(findIn(where, octets, needles())).toEqual([]);
  });

  it('was told to nobody over NATS', () => {
    const said = tap.all();
    // The services do talk there, and of numbers that were written.
    expect(findIn('NATS', said, spellingsOfNumber(registered))).not.toEqual([]);
    expect(said.includes('CONSUMER.MSG.NEXT.ZONE_JOURNAL')).toBe(true);
    expect(findIn('NATS', said, needles())).toEqual([]);
  });

  it('is in no file: no log, no table, no stream, no queue', async () => {
    await settled();
    expect(findInFiles(world.callbook.dir, needles())).toEqual([]);
  });
});

describe('what was refused', () => {
  beforeAll(async () => {
    const sender = new Sender(fromAddress, alice.directory, alice.key);
    const { unverified, impossible, anywhere } = refusedNumbers;
    const binding = alice.directory.url('binding', { identifier: `tel:${unverified}` });
    const statement = alice.registration.nextStatement(`tel:${unverified}`, sip('sip:x@example.net'), undefined);
    const start = alice.directory.url('startVerification');
    const { api } = world.callbook.addresses;
    const answers = [
      await sender.send(binding, statement),
      await sender.send(binding, { ...statement, attestation }),
      await sender.send(binding, undefined),
      await sender.send(binding, { ...statement, sequence: 0 }),
      await sender.send(binding, statement, { signedBy: (await world.person()).key }),
      await sender.send(binding, statement, { rawPayload: `{"identifier":"tel:${unverified}"` }),
      await sender.send(start, { identifier: { type: 'tel', value: impossible } }),
      await sender.send(start, { identifier: { type: 'tel', value: anywhere, note: anywhere } }),
      await sender.send(start, {}, { header: { kid: `${api}/v1/accounts/${anywhere}` } }),
      await sender.send(start, {}, { header: { nonce: anywhere } }),
      await sender.sendBody(start, `{"number":"${anywhere}"`),
      await sender.sendBody(`${api}/${anywhere}`, '{}'),
      await sender.sendBody(`${api}/v1/bindings/%zz${anywhere}`, '{}'),
      await sender.sendBody(`${api}/directory?number=${anywhere}`, '{}', { method: 'DELETE' }),
      await sender.sendBody(`${api}/hooks/vonage/status`, `{"to":"${anywhere.slice(1)}"}`, {
        contentType: 'application/json',
      }),
    ];
    for (const { status } of answers) expect(status).toBeGreaterThanOrEqual(400);
    for (const { status } of answers) expect(status).toBeLessThan(500);
    await notEvenHttp(anywhere);
  }, 180_000);

  const needles = () => [
    ...Object.values(refusedNumbers).flatMap(spellingsOfNumber),
    ...spellingsOfAddress(writingAddress),
  ];

  it('is in no metric, and in no file: not in logs, and not in databases either', async () => {
    for (const [name, text] of await metrics()) expect(findIn(`metrics of ${name}`, text, needles())).toEqual([]);
    await settled();
    expect(findInFiles(world.callbook.dir, needles())).toEqual([]);
  });
});

describe('what was written', () => {
  it('by two who proved the same number, at once, is what one of them wrote', async () => {
    const rivals = [await world.person(), await world.person('p256')];
    const attempts: (() => Promise<unknown>)[] = [];
    for (const rival of rivals) {
      const content = sip('sip:rival@example.net');
      const proof = await rival.verify(contested);
      const statement = rival.registration.nextStatement(`tel:${contested}`, content, undefined, proof);
      attempts.push(() => rival.registration.publishStatement(statement));
    }
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, (_, index) => attempts[index % 2]!()));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'notTheHolder' });
  });

  it('while something died is refused in good order, and afterwards all is well', async () => {
    const { services, servers } = world.callbook;
    for (const [index, victim] of [servers.postgres, servers.redis, services.records].entries()) {
      await victim.kill();
      const number = unluckyNumbers[index]!;
      await alice.registration.start(`tel:${number}`).catch(refusedOnly);
      await alice.registration.publish(`tel:${number}`, sip(sipUri), { attestation }).catch(refusedOnly);
      await victim.start();
      await expect.poll(allReady, { timeout: 60_000 }).toBe(true);
    }
    await alice.registration.publish(`tel:${registered}`, sip(sipUri), { wait: 10 });
  }, 180_000);

  /** A service that ended, as the signer does when it is not sure of its lock any more, is started again: that is its supervisor's work. */
  async function allReady(): Promise<boolean> {
    const { lookups, sandbox: _, ...others } = world.callbook.services;
    const services = [...Object.values(others), ...lookups];
    for (const service of services) await service.start();
    const ready = services.map(({ healthPort }) => fetch(`http://127.0.0.1:${healthPort}/readyz`).then(({ ok }) => ok));
    return (await Promise.all(ready.map((each) => each.catch(() => false)))).every(Boolean);
  }

  const refusedOnly = (error: unknown) => {
    if (!(error instanceof RefusedError)) throw error;
  };

  const identifying = (): Needle[] => [
    ...[registered, contested, ...unluckyNumbers].flatMap(spellingsOfNumber),
    ...spellingsOfText('route', sipUri),
    ...spellingsOfText('account', alice.key.id),
    ...spellingsOfText('attestation', attestation.split('.')[2]!),
    ...spellingsOfText('message', smsText.slice(-60)),
    ...[alice.key.signing, alice.key.encryption].flatMap(({ publicKey }) =>
      spellingsOfOctets('public key', Buffer.from(spkiOf(publicKey).subarray(-32))),
    ),
  ];
  const secrets = (): Needle[] => [
    ...spellingsOfOctets('secret', Buffer.from(secret, 'base64url')),
    ...spellingsOfText('secret', secret),
    ...[alice.key.signing, alice.key.encryption].flatMap(({ privateJwk }) =>
      spellingsOfOctets('private key', Buffer.from(privateJwk.d!, 'base64url')),
    ),
  ];

  it('is in no metric and in no log, not even at level debug: no identifier, no key, no secret', async () => {
    const needles = [...identifying(), ...secrets()];
    for (const [name, text] of await metrics()) expect(findIn(`metrics of ${name}`, text, needles)).toEqual([]);
    const logs = path.join(world.callbook.dir, 'logs');
    expect(readFileSync(path.join(logs, 'identity.log'), 'utf8')).toContain('"level":"debug"');
    expect(findInFiles(logs, needles)).toEqual([]);
  });

  it('is known to the databases as far as they need it, and a secret to nobody', async () => {
    await settled();
    const { dir } = world.callbook;
    const holders = (needles: readonly Needle[]) =>
      [...new Set(findInFiles(dir, needles).map((finding) => finding.split('/')[0]!))].sort();
    // PostgreSQL: bindings and statements of `records`, verifications of `identity`, names of `signer`; JetStream: events and zone journal.
    expect(holders(spellingsOfNumber(registered))).toEqual(['nats', 'postgres']);
    expect(holders(spellingsOfText('route', sipUri))).toEqual(['nats', 'postgres']);
    // The account is who may write; the zone has only the key.
    expect(holders(spellingsOfText('account', alice.key.id))).toEqual(['postgres']);
    // Redis has ids of messages alone.
    expect(
      readFileSync(
        filesOf(path.join(dir, 'redis')).find((file) => file.endsWith('.incr.aof'))!,
        'latin1',
      ),
    ).toContain('callbook-identity');
    expect(holders(secrets())).toEqual([]);
  });
});

/** A fetch from an address of its own. */
const fromAddress: World['fetch'] = (url, init = {}) =>
  new Promise((resolve, reject) => {
    const { method, headers, body } = init;
    const options = {
      method,
      headers,
      localAddress: writingAddress,
      ca: readFileSync(world.callbook.caFile),
      agent: false as const,
    };
    request(url, options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () =>
        resolve({
          status: response.statusCode!,
          headers: { get: (name) => [response.headers[name] ?? []].flat()[0] ?? null },
          text: () => Promise.resolve(text),
        }),
      );
    })
      .once('error', reject)
      .end(body);
  });

/** What no HTTP server can read. */
async function notEvenHttp(number: string): Promise<void> {
  const { port } = new URL(world.callbook.addresses.api);
  for (const text of [
    `${number} ${number} HTTP/9\r\n\r\n`,
    `GET /${number} HTTP/1.1\r\nhost: x\r\n${number}\r\n\r\n`,
    `GET / HTTP/1.1\r\nhost: x\r\nx-number: ${`${number},`.repeat(3_000)}\r\n\r\n`,
  ])
    await new Promise<void>((resolve) => {
      const socket = connectTls(
        { port: Number(port), host: '127.0.0.1', rejectUnauthorized: false, localAddress: writingAddress } as never,
        () => socket.end(text),
      );
      socket.on('error', () => {}).on('data', () => {});
      socket.on('close', () => resolve());
    });
}

async function metrics(): Promise<[string, string][]> {
  const { lookups, sandbox: _, ...others } = world.callbook.services;
  return Promise.all(
    [...Object.values(others), ...lookups].map(async ({ name, healthPort }) => {
      const response = await fetch(`http://127.0.0.1:${healthPort}/metrics`);
      const text = await response.text();
      expect(text).toContain('process_cpu_seconds_total');
      return [name, text] as [string, string];
    }),
  );
}

function processes(): [string, Buffer][] {
  const { lookups, ...others } = world.callbook.services;
  const { postgres, redis, nats } = world.callbook.servers;
  return [...Object.values(others), ...lookups, postgres, redis, nats].flatMap(({ name, pid }) =>
    ['environ', 'cmdline', 'comm'].map((file): [string, Buffer] => [
      `${file} of ${name}`,
      readFileSync(`/proc/${pid}/${file}`),
    ]),
  );
}

/** Waits until what the servers have in memory is in their files: PostgreSQL's pages, and Redis' log, which it writes every second. */
async function settled(): Promise<void> {
  const client = new pg.Client({ connectionString: world.callbook.servers.postgres.adminUrl() });
  await client.connect();
  await client.query('CHECKPOINT');
  await client.end();
  await sleep(1_200);
}
