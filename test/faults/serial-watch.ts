import { decodeMessage, encodeMessage, queryFor, Rcode, RRType, serialCompare, soa, type Name } from '@callbook/dns';
import type { DnsServer } from '@callbook/sdk';
import { createSocket } from 'node:dgram';

/** A replica asked for its SOA record all the time, over UDP and on one socket, so that its answers come in its order. */
export interface SerialWatch {
  /** Every time the serial went back. */
  readonly stepsBack: readonly { readonly from: number; readonly to: number; readonly second: number }[];
  readonly answers: number;
  readonly highest: number | undefined;
  stop(): void;
}

const every = 20;

export function watchSerials(server: DnsServer, apex: Name): SerialWatch {
  const began = performance.now();
  const socket = createSocket('udp4');
  const stepsBack: { from: number; to: number; second: number }[] = [];
  let answers = 0;
  let last: number | undefined;
  let highest: number | undefined;
  let id = 0;
  socket.on('error', () => {}); // nobody is there: asked again soon
  socket.on('message', (octets) => {
    const serial = serialIn(octets);
    if (serial === undefined) return;
    answers += 1;
    if (last !== undefined && serialCompare(serial, last) < 0)
      stepsBack.push({ from: last, to: serial, second: Math.round((performance.now() - began) / 1_000) });
    last = serial;
    if (highest === undefined || serialCompare(serial, highest) > 0) highest = serial;
  });
  const timer = setInterval(() => {
    id = (id + 1) % 65_536;
    const query = queryFor({ name: apex, type: RRType.SOA, class: 1 }, id);
    socket.send(encodeMessage(query), server.port, server.host, () => {});
  }, every);
  return {
    stepsBack,
    get answers() {
      return answers;
    },
    get highest() {
      return highest;
    },
    stop: () => {
      clearInterval(timer);
      socket.close();
    },
  };
}

function serialIn(octets: Uint8Array): number | undefined {
  const reply = decodeMessage(octets);
  const record = reply.answers.find(({ type }) => type === RRType.SOA);
  return reply.rcode === Rcode.NOERROR && record ? soa.read(record.rdata).serial : undefined;
}
