import { decodeMessage, encodeMessage, Name, readZoneFile, type Message } from '@callbook/dns';
import { createSocket, type Socket } from 'node:dgram';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createServedSerials } from './served-serials.js';

const apex = Name.parse('callbook.example.');
const cookieOption = 10;
const serverCookie = Buffer.from('0102030405060708090a0b0c0d0e0f10', 'hex');

/** A replica that serves `serial`, and gives cookies. */
let replica: Socket;
let address: string;
let serial: number;
let asked: Message[];
let silent: boolean;

const cookieOf = ({ edns }: Message) => Buffer.from(edns!.options.find(({ code }) => code === cookieOption)!.data);

beforeEach(async () => {
  [serial, asked, silent] = [1, [], false];
  replica = createSocket('udp4');
  replica.on('message', (octets, { port, address: host }) => {
    const query = decodeMessage(octets);
    asked.push(query);
    if (silent) return;
    const answers = readZoneFile(`@ 60 IN SOA ns1 hostmaster ${serial} 1 1 1 1\n`, { origin: apex });
    const data = Buffer.concat([cookieOf(query).subarray(0, 8), serverCookie]);
    const edns = { ...query.edns!, options: [{ code: cookieOption, data }] };
    replica.send(encodeMessage({ ...query, response: true, answers, edns }), port, host);
  });
  await new Promise<void>((resolve) => replica.bind(0, '127.0.0.1', resolve));
  address = `127.0.0.1:${replica.address().port}`;
});

afterEach(() => new Promise<void>((resolve) => replica.close(() => resolve())));

describe('waiting for a serial', () => {
  it('ends when the replica serves it, or a later one', async () => {
    const served = createServedSerials(apex, [address]);
    const waiting = served.waitFor(2, 10_000);
    await expect.poll(() => asked.length).toBeGreaterThan(2);
    serial = 3;
    expect(await waiting).toBe(true);
  });

  it('ends after the time that was given, also where nobody answers', async () => {
    silent = true;
    expect(await createServedSerials(apex, [address]).waitFor(2, 50)).toBe(false);
  });

  it('of many at once asks one question at a time, each of them the same', async () => {
    silent = true;
    const served = createServedSerials(apex, [address]);
    const waiting = Promise.all(Array.from({ length: 100 }, (_, n) => served.waitFor(2 + n, 20_000)));
    await expect.poll(() => asked.length).toBe(1);
    silent = false;
    serial = 200;
    expect(await waiting).toEqual(Array.from({ length: 100 }, () => true));
    expect(asked.length).toBeLessThan(5);
  });

  it('shows the cookie that the replica gave', async () => {
    const served = createServedSerials(apex, [address]);
    const waiting = served.waitFor(2, 10_000);
    await expect.poll(() => asked.length).toBeGreaterThan(2);
    serial = 2;
    await waiting;
    const [first, second] = asked.map(cookieOf);
    expect(first).toHaveLength(8);
    expect(second).toEqual(Buffer.concat([first!, serverCookie]));
  });

  it('needs every replica', async () => {
    const served = createServedSerials(apex, [address, '127.0.0.1:1']);
    expect(await served.waitFor(1, 300)).toBe(false);
  });
});
