/**
 * What Linux offers and Node does not: many packets for one call into the kernel. Numbers and layouts are those of 64-bit Linux on x86-64
 * and ARM64 (asm-generic), the same with glibc and musl, which differ only in how they name the padding of `msghdr`.
 */
export interface SystemCalls {
  /** Errors: SystemCallError. */
  openUdp(address: SocketAddress, timeoutMs: number): number;
  close(fd: number): void;
  /** Packets received; -1 as the system says it, with the reason in `errno()`. */
  receive(fd: number, headers: Uint8Array, count: number, flags: number): number;
  /** Packets sent, from the `first` on. */
  send(fd: number, headers: Uint8Array, first: number, count: number): number;
  /** Of pairs of a descriptor and its events, how many have some. */
  poll(descriptors: Int32Array, count: number, timeoutMs: number): number;
  /** Of the call before, and of no other. */
  errno(): number;
  addressOf(memory: Uint8Array): bigint;
}

export interface SocketAddress {
  /** An IP address. */
  readonly host: string;
  readonly port: number;
}

/** Errors of the system, by its own names, as Node's own sockets give them. */
export class SystemCallError extends Error {
  override readonly name = 'SystemCallError';
  constructor(
    readonly syscall: string,
    readonly code: string,
    detail = '',
  ) {
    super(`${syscall} ${code}${detail && ` ${detail}`}`);
  }
}

export const errno = { EINTR: 4, EBADF: 9, EAGAIN: 11, EFAULT: 14, EINVAL: 22, ENOTSOCK: 88, ENOBUFS: 105 } as const;

export const messageFlag = { truncated: 0x20, dontWait: 0x40, waitForOne: 0x1_0000 } as const;

export const pollIn = 1;

/** `struct mmsghdr`, in octets, and where its fields begin; pointers and lengths are 64 bits wide, of which musl names the upper half padding. */
export const header = {
  size: 64,
  name: 0,
  nameLength: 8,
  vectors: 16,
  vectorCount: 24,
  flags: 48,
  length: 56,
} as const;

/** `struct iovec` */
export const vector = { size: 16, base: 0, length: 8 } as const;

/** `struct sockaddr_in` and `sockaddr_in6`: how long they are, and where the address begins. The port is at 2 in both. */
export const socketName = {
  ipv4: { family: 2, size: 16, address: 4, addressLength: 4 },
  ipv6: { family: 10, size: 28, address: 8, addressLength: 16 },
  room: 32,
} as const;
