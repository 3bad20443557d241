import type koffiModule from 'koffi';
import { isIP } from 'node:net';
import { socketNameOf } from './socket-names.js';
import { errno, header, SystemCallError, type SocketAddress, type SystemCalls } from './system-calls.js';

type Koffi = typeof koffiModule;

const socketOption = { level: 1, sendBuffer: 7, receiveBuffer: 8, reusePort: 15, receiveTimeout: 20, sendTimeout: 21 };
const ipv4Option = { level: 0, pathMtu: 10 };
const ipv6Option = { level: 41, pathMtu: 23, only: 26 };
/** Nobody can make our packets smaller by telling lies about the path: IP_PMTUDISC_OMIT, IPV6_PMTUDISC_OMIT. */
const ignorePathMtu = 5;
const datagrams = { type: 2, closeOnExec: 0x8_0000 };

/** Octets that the system keeps for us while a thread is busy. */
export const socketBuffer = 4 * 1024 * 1024;

/** The calls of the C library that this process runs with, whichever it is. Errors: where it lacks one, or the kernel does. */
export function bindSystemCalls(koffi: Koffi): SystemCalls {
  const libc = koffi.load(null);
  const socket = libc.func('int socket(int, int, int)') as (family: number, type: number, protocol: number) => number;
  const bind = libc.func('int bind(int, void *, unsigned int)') as (
    fd: number,
    name: Uint8Array,
    size: number,
  ) => number;
  const setsockopt = libc.func('int setsockopt(int, int, int, void *, unsigned int)') as (
    ...args: [fd: number, level: number, option: number, value: Uint8Array, size: number]
  ) => number;
  const close = libc.func('int close(int)') as (fd: number) => number;
  const recvmmsg = libc.func('int recvmmsg(int, void *, unsigned int, int, void *)') as (
    ...args: [fd: number, headers: Uint8Array, count: number, flags: number, timeout: null]
  ) => number;
  const sendmmsg = libc.func('int sendmmsg(int, void *, unsigned int, int)') as (
    ...args: [fd: number, headers: Uint8Array, count: number, flags: number]
  ) => number;
  const poll = libc.func('int poll(void *, unsigned long, int)') as (
    ...args: [descriptors: Int32Array, count: number, timeout: number]
  ) => number;

  // Some sandboxes know of the calls and do not let them through.
  for (const call of [
    recvmmsg(-1, new Uint8Array(header.size), 1, 0, null),
    sendmmsg(-1, new Uint8Array(header.size), 1, 0),
  ])
    if (call !== -1 || koffi.errno() !== errno.EBADF) throw new Error('the kernel takes no packets in batches');

  const failed = (syscall: string, address?: SocketAddress) =>
    new SystemCallError(syscall, nameOf(koffi, koffi.errno()), address && `${address.host} port ${address.port}`);

  const set = (fd: number, level: number, option: number, value: Uint8Array) =>
    setsockopt(fd, level, option, value, value.length) === 0;

  return {
    openUdp: (address, timeoutMs) => {
      const name = socketNameOf(address);
      const family = name[0]!;
      const fd = socket(family, datagrams.type | datagrams.closeOnExec, 0);
      if (fd < 0) throw failed('socket', address);
      const close_ = (error: SystemCallError) => {
        close(fd);
        return error;
      };
      const ipv6 = isIP(address.host) === 6;
      if (ipv6 && !set(fd, ipv6Option.level, ipv6Option.only, int(1))) throw close_(failed('setsockopt', address));
      for (const [option, value] of [
        [socketOption.reusePort, int(1)],
        [socketOption.receiveTimeout, time(timeoutMs)],
        [socketOption.sendTimeout, time(timeoutMs)],
      ] as const)
        if (!set(fd, socketOption.level, option, value)) throw close_(failed('setsockopt', address));
      // As much of it as the system gives.
      set(fd, socketOption.level, socketOption.receiveBuffer, int(socketBuffer));
      set(fd, socketOption.level, socketOption.sendBuffer, int(socketBuffer));
      const { level, pathMtu } = ipv6 ? ipv6Option : ipv4Option;
      set(fd, level, pathMtu, int(ignorePathMtu));
      if (bind(fd, name, name.length) !== 0) throw close_(failed('bind', address));
      return fd;
    },
    close: (fd) => void close(fd),
    receive: (fd, headers, count, flags) => recvmmsg(fd, headers, count, flags, null),
    send: (fd, headers, first, count) =>
      sendmmsg(fd, first === 0 ? headers : headers.subarray(first * header.size), count, 0),
    poll,
    errno: () => koffi.errno(),
    addressOf: (memory) => BigInt(koffi.address(memory)),
  };
}

function nameOf(koffi: Koffi, number: number): string {
  const names = koffi.os.errno as unknown as Readonly<Record<string, number>>;
  return Object.keys(names).find((name) => names[name] === number) ?? `error ${number}`;
}

const int = (value: number) => new Uint8Array(Int32Array.of(value).buffer);

/** `struct timeval` */
const time = (ms: number) =>
  new Uint8Array(BigInt64Array.of(BigInt(Math.floor(ms / 1_000)), BigInt((ms % 1_000) * 1_000)).buffer);
