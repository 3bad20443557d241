import { isIP } from 'node:net';
import type { NetworkInterfaceInfo } from 'node:os';
import type { SocketAddress } from './system-calls.js';

const wildcards: Readonly<Record<string, 4 | 6>> = { '0.0.0.0': 4, '::': 6 };

/**
 * The addresses to listen on, each once. A wildcard stands for every address that the machine has at this moment: a datagram that came to a
 * wildcard socket would be answered from whichever address the system likes, and a client takes answers only from the one that it asked.
 * Addresses that mean nothing without an interface (`fe80::/10`) are left out.
 */
export function listeningAddresses(
  hosts: readonly string[],
  port: number,
  interfaces: NodeJS.Dict<readonly Pick<NetworkInterfaceInfo, 'address' | 'family'>[]>,
): SocketAddress[] {
  const addresses = Object.values(interfaces).flatMap((each) => each ?? []);
  const all = hosts.flatMap((host) => {
    const family = wildcards[host];
    if (family === undefined) return [host];
    return addresses
      .map(({ address }) => address)
      .filter((address) => isIP(address) === family && !/^fe[89ab]/i.test(address));
  });
  return [...new Set(all)].map((host) => ({ host, port }));
}
