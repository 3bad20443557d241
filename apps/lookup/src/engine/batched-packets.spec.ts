import { describe, expect, it } from 'vitest';
import type { Responder } from '../answer/responder.js';
import { batchedPackets } from './batched-packets.js';
import { errno, header, messageFlag, type SystemCalls } from './system-calls.js';

interface Packet {
  readonly id: number;
  readonly truncated?: boolean;
}

/** A kernel that does as it is told: batches of packets or errors come in, and each attempt to send takes so many packets or fails. */
class FakeKernel implements SystemCalls {
  readonly sent: number[] = [];
  readonly attempts: number[] = [];
  private readonly memories: Uint8Array[] = [];
  private error = 0;

  constructor(
    private readonly incoming: (Packet[] | number)[],
    private readonly outgoing: ({ take: number } | { fail: number })[],
  ) {}

  /** Each memory has an address far from the others', beyond 32 bits. */
  addressOf(memory: Uint8Array): bigint {
    this.memories.push(memory);
    return BigInt(this.memories.length) << 40n;
  }

  private at(pointer: bigint): Uint8Array {
    return this.memories[Number(pointer >> 40n) - 1]!.subarray(Number(pointer & 0xff_ffff_ffffn));
  }

  receive(_fd: number, headers: Uint8Array, count: number): number {
    const next = this.incoming.shift();
    if (next === undefined || typeof next === 'number') {
      this.error = next ?? errno.EAGAIN;
      return -1;
    }
    expect(next.length).toBeLessThanOrEqual(count);
    const view = new DataView(headers.buffer);
    next.forEach(({ id, truncated = false }, n) => {
      expect(view.getUint32(n * header.size + header.nameLength, true)).toBe(32);
      this.at(view.getBigUint64(n * header.size + header.name, true)).set([2, 0, 0, id]);
      const vector = this.at(view.getBigUint64(n * header.size + header.vectors, true));
      const base = new DataView(vector.buffer, vector.byteOffset).getBigUint64(0, true);
      this.at(base).set([id]);
      view.setUint32(n * header.size + header.nameLength, 16, true);
      view.setUint32(n * header.size + header.flags, truncated ? messageFlag.truncated : 0, true);
      view.setUint32(n * header.size + header.length, 40, true);
    });
    return next.length;
  }

  send(_fd: number, headers: Uint8Array, first: number, count: number): number {
    this.attempts.push(count);
    const next = this.outgoing.shift() ?? { take: count };
    if ('fail' in next) {
      this.error = next.fail;
      return -1;
    }
    const view = new DataView(headers.buffer, first * header.size);
    for (let n = 0; n < next.take; n += 1) {
      const name = this.at(view.getBigUint64(n * header.size + header.name, true));
      const vector = this.at(view.getBigUint64(n * header.size + header.vectors, true));
      const vectorView = new DataView(vector.buffer, vector.byteOffset);
      const answer = this.at(vectorView.getBigUint64(0, true));
      // Whoever asked gets their own answer, as long as it was said to be.
      expect(name[3]).toBe(answer[0]);
      expect(vectorView.getUint32(8, true)).toBe(answer[1]);
      expect(view.getUint32(n * header.size + header.nameLength, true)).toBe(16);
      this.sent.push(answer[0]!);
    }
    return next.take;
  }

  errno = () => this.error;
  openUdp = () => 3;
  close = () => undefined;
  poll = () => 0;
}

/** Ids below 100 are answered with the id and the octets of the query. */
const responder: Responder = {
  respond: (query, start, end, out, outStart) => {
    if (query[start]! >= 100) return 0;
    out[outStart] = query[start]!;
    out[outStart + 1] = end - start;
    return end - start;
  },
};

async function run(incoming: (Packet[] | number)[], outgoing: ({ take: number } | { fail: number })[] = []) {
  const kernel = new FakeKernel(incoming, outgoing);
  let unsent = 0;
  let failure: unknown;
  const packets = batchedPackets({
    calls: kernel,
    sockets: [{ fd: 3, family: 4 }],
    responder,
    udpLimit: 1_232,
    fates: { unsent: (count) => (unsent += count) },
    pollTimeoutMs: 1,
    failed: (error) => (failure = error),
  });
  await expect.poll(() => failure !== undefined || incoming.length === 0).toBe(true);
  await packets.stop();
  return { sent: kernel.sent, attempts: kernel.attempts, unsent, failure };
}

const packets = (...ids: number[]): Packet[] => ids.map((id) => ({ id }));

describe('a batch', () => {
  it('goes back whole, every answer to its own asker, also where some are silent, before and after', async () => {
    const { sent, unsent } = await run([
      packets(1, 2, 3),
      packets(4, 100, 5, 101, 102, 6),
      packets(100, 101),
      packets(103, 7),
      packets(8, 9, 10, 11),
    ]);
    expect(sent).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(unsent).toBe(0);
  });

  it('of which the system takes a part is sent on from there', async () => {
    const { sent, attempts, unsent } = await run([packets(1, 2, 3, 4, 5)], [{ take: 2 }, { take: 1 }]);
    expect({ sent, attempts, unsent }).toEqual({ sent: [1, 2, 3, 4, 5], attempts: [5, 3, 2], unsent: 0 });
  });

  it('with an answer that cannot be sent loses that one', async () => {
    const refused = { fail: errno.EINVAL };
    const { sent, unsent } = await run([packets(1, 2, 3)], [refused, { take: 1 }, refused]);
    expect({ sent, unsent }).toEqual({ sent: [2], unsent: 2 });
  });

  it('is interrupted by a signal without a loss', async () => {
    const { sent, unsent } = await run(
      [errno.EINTR, packets(1, 2)],
      [{ fail: errno.EINTR }, { take: 1 }, { fail: errno.EINTR }],
    );
    expect({ sent, unsent }).toEqual({ sent: [1, 2], unsent: 0 });
  });

  it.each([
    ['a buffer that stays full', errno.EAGAIN],
    ['no memory for buffers', errno.ENOBUFS],
  ])('is lost from where the system has %s, and queries are taken again', async (_, reason) => {
    const { sent, unsent } = await run([packets(1, 2, 3), packets(4)], [{ take: 1 }, { fail: reason }]);
    expect({ sent, unsent }).toEqual({ sent: [1, 4], unsent: 2 });
  });

  it('with a query that is longer than what is read has the header of that one', async () => {
    const kernel = await run([[{ id: 1 }, { id: 2, truncated: true }, { id: 3 }]]);
    expect(kernel.sent).toEqual([1, 2, 3]);
  });
});

describe('errors of receiving', () => {
  const networkIsDown = 100;

  it.each([errno.EAGAIN, errno.EINTR, errno.ENOBUFS, networkIsDown])(
    'that pass (%i) are waited out',
    async (reason) => {
      const { sent, failure } = await run([reason, reason, packets(1)]);
      expect({ sent, failure }).toEqual({ sent: [1], failure: undefined });
    },
  );

  it.each([errno.EBADF, errno.EFAULT, errno.EINVAL, errno.ENOTSOCK])('of ours (%i) end the thread', async (reason) => {
    const { failure } = await run([reason, packets(1)]);
    expect(failure).toMatchObject({ syscall: 'recvmmsg' });
  });
});
