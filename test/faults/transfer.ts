import { decodeMessage, encodeMessage, queryFor, Rcode, RRType, type Name, type RR } from '@callbook/dns';
import type { DnsServer } from '@callbook/sdk';
import { connect } from 'node:net';

const patience = 30_000;

/** Every record of a zone as a replica transfers it (AXFR, RFC 5936 §2.2), the SOA first and once. Errors: when it does not. */
export function transfer({ host, port }: DnsServer, apex: Name): Promise<RR[]> {
  const socket = connect({ host, port });
  return new Promise<RR[]>((resolve, reject) => {
    const records: RR[] = [];
    let received = Buffer.alloc(0);
    socket.setTimeout(patience, () => reject(new Error('no transfer in time')));
    socket.once('error', reject);
    socket.once('end', () => reject(new Error('the transfer broke off')));
    socket.on('data', (octets: Buffer) => {
      received = Buffer.concat([received, octets]);
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        const end = 2 + received.readUInt16BE(0);
        const message = decodeMessage(received.subarray(2, end));
        received = received.subarray(end);
        if (message.rcode !== Rcode.NOERROR) return reject(new Error(`the transfer was refused with ${message.rcode}`));
        records.push(...message.answers);
      }
      if (records.length > 1 && records.at(-1)!.type === RRType.SOA) resolve(records.slice(0, -1));
    });
    const query = Buffer.from(encodeMessage(queryFor({ name: apex, type: RRType.AXFR, class: 1 }, 1)));
    const length = Buffer.alloc(2);
    length.writeUInt16BE(query.length);
    socket.write(Buffer.concat([length, query]));
  }).finally(() => socket.destroy());
}
