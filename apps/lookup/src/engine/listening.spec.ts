import { describe, expect, it } from 'vitest';
import { listeningAddresses } from './listening.js';

const interfaces = {
  lo: [
    { address: '127.0.0.1', family: 'IPv4' as const },
    { address: '::1', family: 'IPv6' as const },
  ],
  eth0: [
    { address: '192.0.2.7', family: 'IPv4' as const },
    { address: '2001:db8::7', family: 'IPv6' as const },
    { address: 'fe80::7', family: 'IPv6' as const },
  ],
};
const hosts = (...given: string[]) => listeningAddresses(given, 53, interfaces).map(({ host }) => host);

describe('addresses to listen on', () => {
  it('are those that were given', () => {
    expect(listeningAddresses(['192.0.2.7', '::1'], 53, interfaces)).toEqual([
      { host: '192.0.2.7', port: 53 },
      { host: '::1', port: 53 },
    ]);
  });

  it('are, for a wildcard, all that the machine has in that family, each once', () => {
    expect(hosts('0.0.0.0')).toEqual(['127.0.0.1', '192.0.2.7']);
    expect(hosts('::')).toEqual(['::1', '2001:db8::7']);
    expect(hosts('127.0.0.1', '0.0.0.0', '::')).toEqual(['127.0.0.1', '192.0.2.7', '::1', '2001:db8::7']);
  });
});
