import { encodeMessage, Rcode, type Message, type Name, type RR } from '@callbook/dns';
import { replyTo } from './answer.js';
import type { Zone } from './zone.js';

/** Octets of records in one message of a transfer: far under 65,535, so that names and headers fit (RFC 5936 §2.2). */
const messageOctets = 16_384;

/**
 * A whole zone as the messages of an AXFR, RFC 5936 §2.2: the SOA record, everything, the SOA record again. An IXFR is answered the same
 * way, as RFC 1995 §4 lets it. The records are those of one serial, however long the client takes.
 */
export function* transferMessages(
  query: Message,
  apex: Name,
  zone: Zone | undefined,
  allowed: boolean,
): Generator<Uint8Array> {
  if (!allowed) return yield encodeMessage(replyTo(query, { rcode: Rcode.REFUSED }));
  if (!apex.equals(zone?.apex ?? apex) || !zone)
    return yield encodeMessage(replyTo(query, { rcode: zone ? Rcode.NOTAUTH : Rcode.SERVFAIL }));
  const records = [...zone.records()];
  for (const part of parts([...records, records[0]!]))
    yield encodeMessage(replyTo(query, { rcode: Rcode.NOERROR, authoritative: true, answers: part }));
}

function* parts(records: readonly RR[]): Generator<RR[]> {
  let part: RR[] = [];
  let octets = 0;
  for (const record of records) {
    const size = record.name.wire.length + 10 + record.rdata.length;
    if (octets + size > messageOctets && part.length > 0) {
      yield part;
      part = [];
      octets = 0;
    }
    part.push(record);
    octets += size;
  }
  yield part;
}
