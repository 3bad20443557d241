import {
  decodeMessage,
  encodeMessage,
  Opcode,
  Rcode,
  RRType,
  signResponse,
  soa,
  tsigKeyOf,
  verifyRequest,
  type Message,
  type RR,
} from '@callbook/dns';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { apex, signed, soaText } from '../signed-zone.fixture.js';
import { createNotifier, type Notifier, type NotifyTimes, type Secondary } from './notify.js';

const key = tsigKeyOf('notify.example=hmac-sha512:c2VjcmV0');
const clock = () => 1_767_225_600_000;
const times: NotifyTimes = { gather: 10, firstRetry: 30, longestRetry: 60 };
const head = (serial: number): RR => signed(soaText(serial))[0]!;
const serialIn = ({ answers }: Message) => soa.read(answers[0]!.rdata).serial;

/** Hears NOTIFY and says what it is told to. */
class Hearing {
  readonly heard: { message: Message; octets: Uint8Array }[] = [];

  private constructor(
    private readonly socket: Socket,
    reply: (octets: Uint8Array, count: number) => Uint8Array | undefined,
  ) {
    socket.on('message', (octets: Buffer, from: RemoteInfo) => {
      this.heard.push({ message: decodeMessage(octets), octets: Uint8Array.from(octets) });
      const answer = reply(octets, this.heard.length);
      if (answer) socket.send(answer, from.port, from.address);
    });
  }

  static async start(reply: (octets: Uint8Array, count: number) => Uint8Array | undefined, host = '127.0.0.1') {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    socket.bind(0, host);
    await once(socket, 'listening');
    return new Hearing(socket, reply);
  }

  get secondary(): Secondary {
    const { address, port } = this.socket.address();
    return { host: address, port };
  }

  stop(): void {
    this.socket.close();
  }
}

const answered = (octets: Uint8Array, rcode: number = Rcode.NOERROR): Uint8Array =>
  encodeMessage({ ...decodeMessage(octets), response: true, rcode, answers: [], additionals: [] });

describe('NOTIFY', () => {
  const ends: (() => void)[] = [];
  afterEach(() => ends.splice(0).forEach((end) => end()));

  async function hearing(...args: Parameters<typeof Hearing.start>) {
    const started = await Hearing.start(...args);
    ends.push(() => started.stop());
    return started;
  }
  function notifier(secondaries: readonly Secondary[]) {
    const counts: string[] = [];
    let id = 0x1000;
    const made: Notifier = createNotifier({
      ...{ apex, secondaries, clock, times, randomId: () => (id += 1) },
      count: (outcome) => counts.push(outcome),
    });
    ends.push(() => made.stop());
    return { announce: (serial: number) => made.announce(head(serial)), stop: () => made.stop(), counts };
  }
  const until = (check: () => void) => vi.waitFor(check, { timeout: 15_000, interval: 10 });

  it('says that the zone has another SOA, and which, once', async () => {
    const secondaries = await Promise.all([
      hearing((octets) => answered(octets)),
      hearing((octets) => answered(octets), '::1'),
    ]);
    const { announce, counts } = notifier(secondaries.map(({ secondary }) => secondary));
    announce(7);
    await until(() => expect(counts.filter((each) => each === 'answered')).toHaveLength(2));
    for (const { heard } of secondaries) {
      expect(heard[0]!.message).toMatchObject({ opcode: Opcode.NOTIFY, response: false, authoritative: true });
      expect(heard[0]!.message.questions).toEqual([{ name: apex, type: RRType.SOA, class: 1 }]);
      expect(serialIn(heard[0]!.message)).toBe(7);
    }
  });

  it('is one for serials that follow each other fast, and says the last of them', async () => {
    const { heard, secondary } = await hearing((octets) => answered(octets));
    const { announce, counts } = notifier([secondary]);
    for (let serial = 1; serial <= 20; serial += 1) announce(serial);
    await until(() => expect(counts).toContain('answered'));
    expect(heard.map(({ message }) => serialIn(message))).toEqual(Array.from(heard, () => 20));
  });

  it('is sent until it is answered', async () => {
    const { heard, secondary } = await hearing((octets, count) => (count < 4 ? undefined : answered(octets)));
    const { announce, counts } = notifier([secondary]);
    announce(1);
    await until(() => expect(counts).toContain('answered'));
    expect(heard.length).toBeGreaterThanOrEqual(4);
  });

  it('is sent again to who refuses it: they may not know the zone yet', async () => {
    const { secondary } = await hearing((octets, count) => answered(octets, count < 3 ? Rcode.NOTAUTH : Rcode.NOERROR));
    const { announce, counts } = notifier([secondary]);
    announce(1);
    await until(() => expect(counts).toContain('answered'));
    expect(counts).toContain('refused');
  });

  it('goes on with a newer serial while an older one is not answered', async () => {
    const { heard, secondary } = await hearing((octets) =>
      serialIn(decodeMessage(octets)) < 2 ? undefined : answered(octets),
    );
    const { announce, counts } = notifier([secondary]);
    announce(1);
    await until(() => expect(heard.length).toBeGreaterThan(0));
    announce(2);
    await until(() => expect(counts).toContain('answered'));
    expect(serialIn(heard.at(-1)!.message)).toBe(2);
  });

  it('is signed, and only a signed answer ends it', async () => {
    const { heard, secondary } = await hearing((octets, count) => {
      const request = verifyRequest(octets, { key: () => key }, clock() / 1_000);
      if (request.kind !== 'verified') return undefined;
      const reply = answered(request.message);
      if (count === 1) return reply;
      return signResponse(reply, count === 2 ? { ...key, secret: Uint8Array.of(1) } : key, request.mac, clock() / 1_000)
        .octets;
    });
    const { announce, counts } = notifier([{ ...secondary, key }]);
    announce(1);
    await until(() => expect(counts).toContain('answered'));
    expect(heard.length).toBeGreaterThanOrEqual(3);
  });

  it('is not ended by an answer to something else', async () => {
    const { heard, secondary } = await hearing((octets, count) => {
      const reply = answered(octets);
      if (count === 1) reply[0]! ^= 1;
      if (count === 2) return answered(encodeMessage({ ...decodeMessage(octets), opcode: Opcode.QUERY }));
      if (count === 3) return reply.subarray(0, 11);
      return reply;
    });
    const { announce, counts } = notifier([secondary]);
    announce(1);
    await until(() => expect(counts).toContain('answered'));
    expect(heard.length).toBeGreaterThanOrEqual(4);
  });
});
