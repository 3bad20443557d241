import { encodeMessage, Name, queryFor, Rcode, RRType, type EdnsOption, type Message } from '@callbook/dns';
import { describe, expect, it } from 'vitest';
import { createCookies } from '../limits/cookies.js';
import { now, zoneRecords } from '../signed-zone.fixture.js';
import { askingFor, client, dnssec } from './asking.fixture.js';
import type { Carrier } from './responder.js';

const node = '3.2.1.0.0.9.0.0.7.7.4.4.e164.callbook.example.';
const cookies = createCookies([new Uint8Array(16).fill(7)], () => now);
const { ask, answer } = askingFor(zoneRecords(7), { cookies, nsid: Buffer.from('lookup-1'), keepaliveIdle: 10_000 });
const option = (code: number, data: Uint8Array = new Uint8Array(0)): EdnsOption => ({ code, data });
const asking = (options: readonly EdnsOption[], carrier: Carrier = 'udp', name = node): Message =>
  ask(name, 'NAPTR', { carrier, edns: { ...dnssec, options } });
const optionOf = ({ edns }: Message, code: number) => edns?.options.find((each) => each.code === code)?.data;

describe('OPT (RFC 6891)', () => {
  it('is there when it was asked with, and only then, with our size, DO and CO as they came and no other flag', () => {
    expect(ask(node, 'NAPTR').edns).toBeUndefined();
    for (const dnssecOk of [false, true])
      for (const compactOk of [false, true])
        expect(ask(node, 'NAPTR', { edns: { ...dnssec, dnssecOk, compactOk } }).edns).toEqual({
          udpSize: 1_232,
          version: 0,
          dnssecOk,
          compactOk,
          options: [],
        });
    const packet = Buffer.from(
      encodeMessage(queryFor({ name: Name.parse(node), type: 35, class: 1 }, 1, { edns: dnssec })),
    );
    packet.writeUInt16BE(0xffff, packet.length - 4);
    const reply = Buffer.from(answer(packet)!);
    expect(reply.readUInt16BE(reply.length - 4)).toBe(0xc000);
  });

  it('of a version that is not 0 gets BADVERS in version 0, before anything else is looked at', () => {
    for (const version of [1, 7, 255])
      for (const type of ['NAPTR', 'TKEY', 'AXFR'])
        expect(ask(node, type, { edns: { ...dnssec, version } })).toMatchObject({
          rcode: Rcode.BADVERS,
          answers: [],
          edns: { version: 0, dnssecOk: true },
        });
  });

  it('of which there are two, or whose options do not fill it, gets FORMERR', () => {
    const packet = Buffer.from(
      encodeMessage(queryFor({ name: Name.parse(node), type: 35, class: 1 }, 1, { edns: dnssec })),
    );
    const two = Buffer.concat([packet, packet.subarray(-11)]);
    two.writeUInt16BE(2, 10);
    expect(answer(two)![3]! & 15).toBe(Rcode.FORMERR);
    for (const rdata of [[0], [0, 3, 0], [0, 3, 0, 1], [0, 3, 0, 2, 1], [0, 3, 0, 0, 1]]) {
      const wrong = Buffer.concat([packet, Buffer.from(rdata)]);
      wrong.writeUInt16BE(rdata.length, packet.length - 2);
      expect(answer(wrong)![3]! & 15, rdata.join(' ')).toBe(Rcode.FORMERR);
    }
  });

  it('with options that nobody knows is as if they were not there', () => {
    expect(asking([option(65_001, Buffer.from('x')), option(9), option(8, Buffer.alloc(8))]).edns!.options).toEqual([]);
  });
});

describe('the name of the server (RFC 5001)', () => {
  it('is told to those who ask', () => {
    expect(optionOf(asking([option(3)]), 3)).toEqual(Uint8Array.from(Buffer.from('lookup-1')));
    expect(optionOf(asking([]), 3)).toBeUndefined();
    expect(
      optionOf(askingFor(zoneRecords(7)).ask(node, 'NAPTR', { edns: { ...dnssec, options: [option(3)] } }), 3),
    ).toBeUndefined();
  });
});

describe('a cookie (RFC 7873)', () => {
  const mine = Buffer.from('my cookie'.slice(0, 8));

  it('comes back with that of the server, which is good from then on', () => {
    const given = optionOf(asking([option(10, mine)]), 10)!;
    expect(given).toHaveLength(24);
    expect(Buffer.from(given.subarray(0, 8))).toEqual(mine);
    expect(optionOf(asking([option(10, given)]), 10)).toEqual(given);
  });

  it('comes back with refusals too', () => {
    expect(optionOf(ask('example.net.', 'A', { edns: { ...dnssec, options: [option(10, mine)] } }), 10)).toHaveLength(
      24,
    );
    expect(optionOf(ask(node, 'TKEY', { edns: { ...dnssec, options: [option(10, mine)] } }), 10)).toHaveLength(24);
  });

  it.each([0, 1, 7, 9, 15, 41, 60])('of %d octets gets FORMERR', (length) => {
    const reply = asking([option(10, Buffer.alloc(length))]);
    expect(reply).toMatchObject({ rcode: Rcode.FORMERR, answers: [] });
    expect(optionOf(reply, 10)).toBeUndefined();
  });

  it('that comes twice is the first of them (RFC 7873 §5.2)', () => {
    const given = optionOf(asking([option(10, mine), option(10, Buffer.alloc(3))]), 10)!;
    expect(Buffer.from(given.subarray(0, 8))).toEqual(mine);
  });
});

describe('the time that a connection may idle (RFC 7828)', () => {
  it('is told over TCP and TLS to those who ask, in tenths of a second', () => {
    for (const carrier of ['tcp', 'tls'] as const) {
      expect(optionOf(asking([option(11)], carrier), 11)).toEqual(Uint8Array.of(0, 100));
      expect(optionOf(asking([], carrier), 11)).toBeUndefined();
      expect(asking([option(11, Buffer.alloc(2))], carrier).rcode).toBe(Rcode.FORMERR);
    }
    for (const carrier of ['udp', 'https'] as const)
      for (const data of [Buffer.alloc(0), Buffer.alloc(2)]) {
        const reply = asking([option(11, data)], carrier);
        expect(reply.rcode).toBe(Rcode.NOERROR);
        expect(optionOf(reply, 11)).toBeUndefined();
      }
  });
});

describe('padding (RFC 8467)', () => {
  it('fills every answer on an encrypted way to whole blocks of 468, where there is EDNS to hold it', () => {
    for (const carrier of ['tls', 'https'] as const)
      for (const [name, type] of [
        [node, 35],
        [`${'x'.repeat(60)}.callbook.example.`, 1],
        ['callbook.example.', RRType.DNSKEY],
        ['example.net.', 1],
      ] as const) {
        const packet = encodeMessage(queryFor({ name: Name.parse(name), type, class: 1 }, 1, { edns: dnssec }));
        expect(answer(packet, client(carrier))!.length % 468).toBe(0);
        const plain = encodeMessage(queryFor({ name: Name.parse(name), type, class: 1 }, 1));
        expect(answer(plain, client(carrier))!.length % 468).not.toBe(0);
      }
  });

  it('is of zeros, and is not sent where everybody can read along', () => {
    expect(optionOf(asking([option(12, Buffer.alloc(9))], 'tls'), 12)!.every((octet) => octet === 0)).toBe(true);
    for (const carrier of ['udp', 'tcp'] as const)
      expect(optionOf(asking([option(12, Buffer.alloc(9))], carrier), 12)).toBeUndefined();
  });
});
