import {
  decodeMessage,
  DnsError,
  encodeMessage,
  noTsig,
  Rcode,
  RRType,
  tsigOffset,
  tsigSize,
  type Message,
  type Name,
} from '@callbook/dns';
import { putBareReply } from '../answer/bare-reply.js';
import { headerOctets } from '../answer/query.js';
import type { Client, Responder } from '../answer/responder.js';
import { mayBeTransfer } from '../streams/transfers.js';
import { emptySet, type ZoneView } from '../zone/zone-view.js';
import { mayTransfer } from './access.js';
import { openExchange, policyOf, replyTo, type Exchange } from './exchange.js';
import { isTransfer, type TransferDeps } from './transfers.js';

export interface SignedQueryDeps extends Pick<TransferDeps, 'apex' | 'rules' | 'clock' | 'count'> {
  readonly view: ZoneView;
  /** Largest answer over UDP. */
  readonly udpLimit: number;
}

const withoutEdns = 512;

/**
 * Answers what `responder` does not know of: queries with TSIG (RFC 8945), verified before and signed after it answered them, and IXFR where an
 * answer is one message (RFC 1995 §2: the SOA, so that the client comes back by TCP). Everything else goes through untouched.
 */
export function withTsig(responder: Responder, deps: SignedQueryDeps): Responder {
  const keys = policyOf(deps.rules.keys);
  /** Where an answer is made before it is signed. */
  const unsigned = new Uint8Array(65_535);

  function replyOf(exchange: Exchange, client: Client): Uint8Array {
    const { request, key, isForged, sign } = exchange;
    const said = (message: Message, { rcode } = message) => {
      deps.count(client.carrier, rcode);
      return sign(encodeMessage(message));
    };
    const query = decodeMessage(request);
    if (isForged) return said(replyTo(query, Rcode.NOTAUTH));
    if (isTransfer(query) && isOurs(query.questions[0]!.type, client)) {
      if (!mayTransfer(deps.rules, client, key)) return said(replyTo(query, Rcode.REFUSED));
      if (query.questions[0]!.name.equals(deps.apex)) return said(startOf(query, deps));
    }
    const length = responder.respond(request, 0, request.length, unsigned, 0, client);
    if (length === 0 || !key) return unsigned.subarray(0, length);
    if (client.carrier !== 'udp' || length + tsigSize(key) <= limitOf(query, deps.udpLimit))
      return sign(unsigned.subarray(0, length));
    // RFC 8945 §5.3: where TSIG makes it too long it says nothing but that.
    return sign(encodeMessage({ ...replyTo(query, Rcode.NOERROR), truncated: true }));
  }

  return {
    respond(query, start, end, out, outStart, client) {
      if (!mayBeTransfer(query, start, end)) return responder.respond(query, start, end, out, outStart, client);
      const octets = Uint8Array.from(query.subarray(start, end));
      if (!isOurs(questionType(octets), client) && tsigOffset(octets) === noTsig)
        return responder.respond(query, start, end, out, outStart, client);
      if ((octets[2]! & 0x80) !== 0) return 0;
      const whole = orFault(octets, () => replyOf(openExchange(octets, keys, deps.clock), client));
      // Names that strangers gave their key and its algorithm may be long.
      const fits = client.carrier !== 'udp' || whole.length <= deps.udpLimit;
      const reply = fits ? whole : bareReply(octets, Rcode.FORMERR);
      out.set(reply, outStart);
      return reply.length;
    },
  };
}

/** The one transfer that no stream takes care of. Over UDP there is no AXFR (RFC 5936 §4.2), over HTTPS none at all: the responder says so. */
const isOurs = (type: number, { carrier }: Client): boolean => carrier === 'udp' && type === RRType.IXFR;

function questionType(octets: Uint8Array): number {
  let at = 12;
  while (at < octets.length && octets[at] !== 0) at += octets[at]! + 1;
  return at + 2 < octets.length ? (octets[at + 1]! << 8) | octets[at + 2]! : 0;
}

/** The SOA of the zone as it is now. */
function startOf(query: Message, { view, apex }: SignedQueryDeps): Message {
  const records = apexRecords(view, apex, RRType.SOA);
  if (!records) return replyTo(query, Rcode.SERVFAIL);
  return { ...replyTo(query, Rcode.NOERROR), authoritative: true, answers: records };
}

function apexRecords(view: ZoneView, apex: Name, type: number): Message['answers'] | undefined {
  if (!view.take()) return undefined;
  try {
    const set = emptySet();
    if (!view.set(view.apexNode, type, set)) return undefined;
    const rdataAt = set.start + 12; // behind the pointer, type, class, TTL and length
    return [{ name: apex, type, class: 1, ttl: set.ttl, rdata: set.octets.slice(rdataAt, set.plainEnd) }];
  } finally {
    view.release();
  }
}

const limitOf = ({ edns }: Message, udpLimit: number): number =>
  Math.min(udpLimit, Math.max(withoutEdns, edns?.udpSize ?? withoutEdns));

/** What is wrong with the query is FORMERR, a fault of ours SERVFAIL for the one who met it. */
function orFault(octets: Uint8Array, reply: () => Uint8Array): Uint8Array {
  try {
    return reply();
  } catch (error) {
    return bareReply(octets, error instanceof DnsError ? Rcode.FORMERR : Rcode.SERVFAIL);
  }
}

function bareReply(octets: Uint8Array, rcode: number): Uint8Array {
  const header = new Uint8Array(headerOctets);
  putBareReply(octets, 0, header, 0, rcode);
  return header;
}
