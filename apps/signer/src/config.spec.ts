import { readConfig } from '@callbook/process';
import { describe, expect, it } from 'vitest';
import { SignerConfig } from './config.js';

const key = Buffer.alloc(32, 1).toString('base64url');
const least = {
  CALLBOOK_NATS_URL: 'nats://127.0.0.1:4222',
  CALLBOOK_NATS_USER: 'signer',
  CALLBOOK_NATS_PASSWORD: 'x',
  CALLBOOK_HEALTH_PORT: '8080',
  CALLBOOK_DATABASE_URL: 'postgresql://signer:x@127.0.0.1:5432/callbook?schema=signer',
  CALLBOOK_KEY_ENCRYPTION_KEY: key,
  CALLBOOK_DENIAL_KEY_ENCRYPTION_KEY: key,
  CALLBOOK_ZONE: 'Callbook.example.',
  CALLBOOK_NAMESERVERS: 'ns1.callbook.example=192.0.2.1,ns1.callbook.example=2001:db8::1,ns.example.net',
};
const read = (more: Record<string, string> = {}) => readConfig(SignerConfig, { ...least, ...more });

describe('the configuration', () => {
  it('needs no more than servers, keys, zone and nameservers', () => {
    const config = read();
    expect(String(config.zone)).toBe('callbook.example.');
    expect(String(config.telSuffix)).toBe('e164.callbook.example.');
    expect(String(config.hostmaster)).toBe('hostmaster.callbook.example.');
    expect(config.nameservers.map(({ name, addresses }) => [String(name), addresses])).toEqual([
      ['ns1.callbook.example.', ['192.0.2.1', '2001:db8::1']],
      ['ns.example.net.', []],
    ]);
    expect(config.algorithm).toBe(13);
  });

  it('leaves twelve days in which the signer may be away (signatures refreshed at 14 d, less TTL and skew)', () => {
    const { refreshBefore, signatureJitter, zoneTtl, soaExpire } = read();
    const budget = refreshBefore - signatureJitter - zoneTtl - 3_600_000;
    expect(budget).toBeGreaterThan(12 * 86_400_000);
    expect(soaExpire).toBeLessThan(budget);
  });

  it.each([
    ['signatures that are due as soon as they are made', { CALLBOOK_REFRESH_BEFORE: '20d' }, 'CALLBOOK_REFRESH_BEFORE'],
    ['secondaries that serve longer than signatures hold', { CALLBOOK_SOA_EXPIRE: '14d' }, 'CALLBOOK_SOA_EXPIRE'],
    ['snapshots rarer than the journal is long', { CALLBOOK_SNAPSHOT_EVERY: '7d' }, 'CALLBOOK_SNAPSHOT_EVERY'],
    ['numbers outside the zone', { CALLBOOK_TEL_SUFFIX: 'e164.example.net' }, 'CALLBOOK_TEL_SUFFIX'],
    [
      'a nameserver in the zone without an address',
      { CALLBOOK_NAMESERVERS: 'ns1.callbook.example' },
      'CALLBOOK_NAMESERVERS',
    ],
    [
      'an address of a nameserver elsewhere',
      { CALLBOOK_NAMESERVERS: 'ns.example.net=192.0.2.1' },
      'CALLBOOK_NAMESERVERS',
    ],
    ['no nameserver', { CALLBOOK_NAMESERVERS: '' }, 'CALLBOOK_NAMESERVERS'],
    ['a nameserver that is none', { CALLBOOK_NAMESERVERS: 'ns1..example=1' }, 'CALLBOOK_NAMESERVERS'],
    ['an algorithm that is not signed with', { CALLBOOK_ALGORITHM: '5' }, 'CALLBOOK_ALGORITHM'],
    ['a setting that does not exist', { CALLBOOK_SIGNATURE_VALIDTY: '30d' }, 'CALLBOOK_SIGNATURE_VALIDTY'],
  ])('is refused with %s', (_, change, variable) => {
    expect(() => read(change)).toThrow(variable);
  });
});
