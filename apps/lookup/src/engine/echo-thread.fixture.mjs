// Plain JavaScript on what was built: a thread starts with Node alone, and no compiler of tests survives being loaded by one thread after another.
import { runThread } from '../../dist/engine/thread.js';
import { ask } from './echo.fixture.mjs';

/** Answers with the header it got and, behind it, what was asked for. Its setup and messages are a number. */
await runThread((greeting, counters) => {
  let heard = greeting;
  return {
    told: (message) => void (heard = message),
    responder: {
      respond: (query, start, end, out, outStart, client) => {
        const header = Math.min(12, end - start);
        out.set(query.subarray(start, start + header), outStart);
        const body = (...octets) => {
          out.set(octets, outStart + header);
          return header + octets.length;
        };
        counters.answered(client.carrier, 0);
        if (end - start <= 12) return body(end - start);
        switch (query[start + 12]) {
          case ask.silence:
            return 0;
          case ask.length:
            return body((end - start) >> 8, (end - start) & 0xff);
          case ask.fill:
            out.fill(7, outStart + header, outStart + 1_232);
            return 1_232;
          case ask.die:
            throw new Error('as asked');
          case ask.address:
            return body(...client.address.subarray(client.addressStart, client.addressStart + client.addressLength));
          case ask.told:
            return body(heard);
          default:
            out.set(query.subarray(start, end), outStart);
            return end - start;
        }
      },
    },
  };
});
