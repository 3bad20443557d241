import fc from 'fast-check';
import { isIPv6 } from 'node:net';
import { describe, expect, it } from 'vitest';
import { addressInto, socketNameOf } from './socket-names.js';

const written = (text: string) => {
  const octets = new Uint8Array(18).fill(0xee);
  const length = addressInto(text, octets, 1);
  expect(octets[0]).toBe(0xee);
  expect(octets[17]).toBe(0xee);
  return [...octets.subarray(1, 1 + length)];
};
const groups = (octets: readonly number[]) =>
  Array.from({ length: 8 }, (_, n) => ((octets[2 * n]! << 8) | octets[2 * n + 1]!).toString(16)).join(':');

describe('an address', () => {
  it('is written in network order, however it is spelt', () => {
    expect(written('192.0.2.250')).toEqual([192, 0, 2, 250]);
    expect(groups(written('2001:db8::1'))).toBe('2001:db8:0:0:0:0:0:1');
    expect(groups(written('::'))).toBe('0:0:0:0:0:0:0:0');
    expect(groups(written('::1'))).toBe('0:0:0:0:0:0:0:1');
    expect(groups(written('2001:db8::'))).toBe('2001:db8:0:0:0:0:0:0');
    expect(groups(written('2001:DB8:1:2:3:4:5:6'))).toBe('2001:db8:1:2:3:4:5:6');
    expect(groups(written('64:ff9b::192.0.2.33'))).toBe('64:ff9b:0:0:0:0:c000:221');
    expect(groups(written('fe80::1%eth0'))).toBe('fe80:0:0:0:0:0:0:1');
  });

  it('that is IPv4 in IPv6 is IPv4', () => {
    expect(written('::ffff:192.0.2.1')).toEqual([192, 0, 2, 1]);
    expect(written('::ffff:c000:201')).toEqual([192, 0, 2, 1]);
  });

  it('survives any spelling of any IPv6 address', () => {
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        fc.pre(isIPv6(text));
        const octets = written(text);
        if (octets.length === 4) return;
        // The URL parser writes IPv6 addresses in the one canonical way.
        const canonical = (host: string) => new URL(`http://[${host}]/`).hostname;
        expect(canonical(groups(octets))).toBe(canonical(text));
      }),
    );
  });

  it('is told to the system with family and port', () => {
    expect([...socketNameOf({ host: '127.0.0.1', port: 0x1234 })]).toEqual([
      ...[2, 0, 0x12, 0x34, 127, 0, 0, 1],
      ...new Array<number>(8).fill(0),
    ]);
    const ipv6 = socketNameOf({ host: '::1', port: 53 });
    expect([...ipv6]).toEqual([10, 0, 0, 53, ...new Array<number>(19).fill(0), 1, 0, 0, 0, 0]);
  });
});
