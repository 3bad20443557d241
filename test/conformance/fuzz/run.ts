import { residentOctets } from '../../peers/index.js';
import type { Address } from '../../judges.js';
import { Name } from '@callbook/dns';
import { Random } from '../oracle/random.js';
import { packet } from './packets.js';
import { complaintOf, type Transport } from './replies.js';
import { httpsSender, tcpSender, udpSender, type Sender } from './senders.js';

export interface FuzzTarget extends Address {
  readonly apex: string;
  readonly https?: { readonly port: number; readonly ca: string };
  pid(): number | undefined;
}

export interface FuzzResult {
  readonly packets: Readonly<Record<Transport, number>>;
  readonly answered: number;
  /** At most twenty: what was sent in hexadecimal, and what is wrong with what came back. */
  readonly complaints: readonly string[];
  /** Octets resident after the first tenth, and at the end. */
  readonly memory: { readonly before: number; readonly after: number };
}

/** What is behind the headers of IPv4 and UDP. */
const largestDatagram = 65_507;

/** @param last a query that has to be answered, the sign that all before it were read */
export async function fuzz(
  target: FuzzTarget,
  {
    seed,
    seeds,
    counts,
    last,
    progress,
  }: {
    seed: number;
    seeds: readonly Buffer[];
    counts: Readonly<Record<Transport, number>>;
    last: Buffer;
    progress?: (line: string) => void;
  },
): Promise<FuzzResult> {
  const apex = Name.parse(target.apex);
  const random = new Random(seed);
  const packets = { udp: 0, tcp: 0, https: 0 };
  const complaints: string[] = [];
  let answered = 0;
  const begun = target.pid();
  const resident = () => (begun === undefined ? 0 : residentOctets([begun]));
  let before = 0;
  const total = counts.udp + counts.tcp + counts.https;
  const warm = total / 10;

  for (const transport of ['udp', 'tcp', 'https'] as const) {
    if (counts[transport] === 0) continue;
    const sender = await senderFor(target, transport, last);
    try {
      while (packets[transport] < counts[transport]) {
        const batch = Array.from({ length: Math.min(1_000, counts[transport] - packets[transport]) }, () =>
          packet(random, seeds).subarray(0, transport === 'udp' ? largestDatagram : undefined),
        );
        const replies = await sender.send(batch);
        for (const [index, query] of batch.entries()) {
          let reply = replies[index];
          let complaint = complaintOf(query, reply, apex, transport);
          for (let again = 0; complaint && !reply && again < 3; again += 1) {
            [reply] = await sender.send([query]);
            complaint = complaintOf(query, reply, apex, transport);
          }
          if (reply) answered += 1;
          if (complaint && complaints.length < 20)
            complaints.push(`${transport} ${query.toString('hex')}: ${complaint}`);
        }
        packets[transport] += batch.length;
        const sent = packets.udp + packets.tcp + packets.https;
        if (before === 0 && sent >= warm) before = resident();
        if (sent % 100_000 === 0)
          progress?.(`${sent} packets, ${answered} answered, ${Math.round(resident() / 1e6)} MB`);
        if (target.pid() !== begun) throw new Error(`the server ended after ${sent} packets`);
      }
    } finally {
      sender.close();
    }
  }
  return { packets, answered, complaints, memory: { before, after: resident() } };
}

function senderFor(target: FuzzTarget, transport: Transport, last: Buffer): Promise<Sender> | Sender {
  switch (transport) {
    case 'udp':
      return udpSender(target, last);
    case 'tcp':
      return tcpSender(target, last);
    case 'https':
      if (!target.https) throw new Error('the server has no DNS over HTTPS');
      return httpsSender(target.https);
  }
}
