import { decodeMessage, encodeMessage, type Message, type RR } from '@callbook/dns';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { Address } from '../judges.js';

export interface Middleman {
  readonly address: Address;
  /** Questions that went through. */
  passed(): number;
  stop(): void;
}

/** Stands between a resolver and its server, over UDP alone, and does to every answer what it is told. */
export async function startMiddleman(server: Address, change?: (answer: Message) => Message): Promise<Middleman> {
  const front = createSocket('udp4');
  let passed = 0;
  front.on('message', (question, from) => {
    passed += 1;
    const back = createSocket('udp4');
    back.once('message', (octets) => {
      back.close();
      front.send(change ? encodeMessage(change(decodeMessage(octets))) : octets, from.port, from.address);
    });
    back.send(question, server.port, server.host);
  });
  front.bind(0, '127.0.0.1');
  await once(front, 'listening');
  return {
    address: { host: '127.0.0.1', port: front.address().port },
    passed: () => passed,
    stop: () => front.close(),
  };
}

/** Turns over the lowest bit of one octet in the data of every record of a type, wherever it is. A negative offset counts from the end. */
export const flipBit =
  (type: number, offset: number) =>
  (message: Message): Message => {
    const flipped = (record: RR): RR => {
      if (record.type !== type) return record;
      const rdata = Uint8Array.from(record.rdata);
      const at = offset < 0 ? rdata.length + offset : offset;
      rdata[at] = rdata[at]! ^ 1;
      return { ...record, rdata };
    };
    return { ...message, answers: message.answers.map(flipped), authorities: message.authorities.map(flipped) };
  };
