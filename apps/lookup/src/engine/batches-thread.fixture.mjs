// Runs alone in a process: moves as many packets as its argument says through a kernel that is none, and says so at both ends.
import { batchedPackets } from '../../dist/engine/batched-packets.js';
import { Counters } from '../../dist/engine/counters.js';
import { header } from '../../dist/engine/system-calls.js';

const wanted = Number(process.argv[2]);
/** Packets until the compiler has seen enough. */
const warmUp = 500_000;
const counters = new Counters();
let moved = 0;
let words;

const calls = {
  addressOf: () => 4096n,
  receive: (_fd, headers, count) => {
    words ??= new Int32Array(headers.buffer);
    for (let n = 0; n < count; n += 1) words[(n * header.size + header.length) / 4] = 60;
    if (moved < warmUp && moved + count >= warmUp) console.log('warm');
    moved += count;
    if (moved >= warmUp + wanted) {
      console.log('moved');
      process.exit(0);
    }
    return count;
  },
  // Sometimes a part is taken, as a full buffer would have it.
  send: (_fd, _headers, first, count) => (first === 0 && count > 60 ? 60 : count),
  errno: () => 0,
  poll: () => 0,
};
const responder = {
  // Every seventh gets no answer, so that names move to other slots.
  respond: (query, start, end, out, outStart, client) => {
    counters.answered(client.carrier, 0);
    out[outStart] = query[start];
    return (query[start] = (query[start] + 1) % 7) === 0 ? 0 : end - start;
  },
};
batchedPackets({
  calls,
  sockets: [{ fd: 3, family: 4 }],
  responder,
  udpLimit: 1_232,
  fates: { unsent: () => undefined },
  pollTimeoutMs: 1,
  failed: (error) => {
    throw error;
  },
});
