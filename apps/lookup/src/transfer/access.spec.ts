import { tsigKeyOf } from '@callbook/dns';
import { describe, expect, it } from 'vitest';
import type { Carrier, Client } from '../answer/responder.js';
import { addressOctets } from '../streams/client.js';
import { addressRuleOf, mayTransfer } from './access.js';

const free = tsigKeyOf('free.example=hmac-sha256:AAEC');
const bound = tsigKeyOf('bound.example=hmac-sha256:AAEC');
const rules = {
  keys: [free, bound],
  allow: ['192.0.2.1', '198.51.100.0/25', '2001:db8::/33', '203.0.113.0/24@bound.example'].map(addressRuleOf),
};

const carriers: readonly Carrier[] = ['udp', 'tcp', 'tls', 'https'];
const at = (carrier: Carrier, text: string): Client => {
  const address = addressOctets(text);
  return {
    ...{ carrier, address: Uint8Array.of(9, 9, ...address, 9), addressStart: 2 },
    addressLength: address.length as 4 | 16,
  };
};

describe('the whole zone', () => {
  // D32: what an address or a key may does not depend on the way they come.
  it.each([
    ['192.0.2.1', 'yes', 'yes', 'yes'],
    ['::ffff:192.0.2.1', 'yes', 'yes', 'yes'],
    ['192.0.2.2', 'no', 'yes', 'no'],
    ['198.51.100.127', 'yes', 'yes', 'yes'],
    ['198.51.100.128', 'no', 'yes', 'no'],
    ['2001:db8:7fff::1', 'yes', 'yes', 'yes'],
    ['2001:db8:8000::1', 'no', 'yes', 'no'],
    ['::c000:201', 'no', 'yes', 'no'],
    ['203.0.113.7', 'no', 'yes', 'yes'],
  ])('%s: unsigned %s, with a key %s, with a key bound to a prefix %s', (address, unsigned, withFree, withBound) => {
    for (const carrier of carriers) {
      const client = at(carrier, address);
      const may = [undefined, free, bound].map((key) => (mayTransfer(rules, client, key) ? 'yes' : 'no'));
      expect([carrier, ...may]).toEqual(
        carrier === 'https' ? [carrier, 'no', 'no', 'no'] : [carrier, unsigned, withFree, withBound],
      );
    }
  });

  it('is nobody’s when nothing is said', () => {
    for (const carrier of carriers)
      expect(mayTransfer({ allow: [], keys: [] }, at(carrier, '127.0.0.1'), undefined)).toBe(false);
  });

  it.each(['', '192.0.2', '192.0.2.1/33', '2001:db8::/129', '192.0.2.1/', '192.0.2.1/-1', 'ns.example', '192.0.2.1@'])(
    'cannot be allowed to %j',
    (text) => expect(() => addressRuleOf(text)).toThrow(),
  );

  it('can be allowed to everybody', () => {
    const allow = [addressRuleOf('0.0.0.0/0')];
    expect(mayTransfer({ allow, keys: [] }, at('tcp', '203.0.113.9'), undefined)).toBe(true);
    expect(mayTransfer({ allow, keys: [] }, at('tcp', '2001:db8::1'), undefined)).toBe(false);
  });
});
