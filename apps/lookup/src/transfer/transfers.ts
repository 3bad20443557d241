import {
  decodeMessage,
  encodeMessage,
  Opcode,
  Rcode,
  readRRs,
  RRClass,
  RRType,
  serialCompare,
  soa,
  type Message,
  type Name,
  type RR,
} from '@callbook/dns';
import { setImmediate as turn } from 'node:timers/promises';
import type { Carrier, Client } from '../answer/responder.js';
import type { StreamSession, Transfer } from '../streams/transfers.js';
import { mayTransfer, type TransferRules } from './access.js';
import { openExchange, policyOf, replyTo, type Exchange } from './exchange.js';
import type { ZoneHistory } from './history.js';
import { transferMessages } from './messages.js';
import type { PinnedZone, PinZone } from './zone.js';

export interface TransferDeps {
  readonly apex: Name;
  readonly pin: PinZone;
  readonly history: ZoneHistory;
  readonly rules: TransferRules;
  /** Transfers at once; one more is told to come again (SERVFAIL). Each keeps an edition of the zone in memory. */
  readonly atOnce: number;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly count: (carrier: Carrier, rcode: number) => void;
}

/** Milliseconds for which one transfer is made while everybody else waits. */
const turnLength = 2;

/**
 * AXFR (RFC 5936) and IXFR (RFC 1995) over streams, signed where the request was (RFC 8945): the records of one edition, however long the
 * client takes. Undefined for everything else, and for what is malformed.
 */
export function createTransfers(deps: TransferDeps): Transfer {
  const keys = policyOf(deps.rules.keys);
  let underWay = 0;

  async function* answerTo(asked: Asked, client: Client, session: StreamSession): AsyncGenerator<Uint8Array> {
    const { query, exchange } = asked;
    // RFC 9103 §7.1: over TLS 1.3, or not over TLS at all.
    const isOldTls = session.encrypted && session.tlsVersion !== 'TLSv1.3';
    const refusal = refusalOf(asked, client, deps) ?? (isOldTls ? Rcode.REFUSED : undefined);
    const zone = refusal === undefined && underWay < deps.atOnce ? deps.pin() : undefined;
    const rcode = zone ? Rcode.NOERROR : (refusal ?? Rcode.SERVFAIL);
    deps.count(client.carrier, rcode);
    if (!zone) return yield exchange.sign(encodeMessage(replyTo(query, rcode)));
    underWay += 1;
    try {
      let began = performance.now();
      for (const message of transferMessages(query, deps.apex, recordsFor(query, zone, deps.history))) {
        yield exchange.sign(message);
        if (session.signal.aborted) return;
        if (performance.now() - began < turnLength) continue;
        await turn();
        began = performance.now();
      }
    } finally {
      underWay -= 1;
      zone.release();
    }
  }

  return (octets, client, session) => {
    // It is the caller's only until this returns.
    const asked = read(Uint8Array.from(octets), (own) => openExchange(own, keys, deps.clock));
    return asked && answerTo(asked, { ...client, address: Uint8Array.from(client.address) }, session);
  };
}

interface Asked {
  readonly query: Message;
  readonly exchange: Exchange;
}

function read(octets: Uint8Array, open: (octets: Uint8Array) => Exchange): Asked | undefined {
  try {
    const exchange = open(octets);
    const query = decodeMessage(exchange.request);
    return isTransfer(query) ? { query, exchange } : undefined;
  } catch {
    return undefined;
  }
}

/** One question of ours for a transfer; whatever else is wrong with it. */
export function isTransfer({ response, opcode, edns, questions }: Message): boolean {
  const [question, ...more] = questions;
  if (!question || more.length > 0 || response || opcode !== Opcode.QUERY || (edns && edns.version > 0)) return false;
  return question.class === RRClass.IN && (question.type === RRType.AXFR || question.type === RRType.IXFR);
}

function refusalOf({ query, exchange }: Asked, client: Client, { apex, rules }: TransferDeps): number | undefined {
  if (exchange.isForged) return Rcode.NOTAUTH;
  if (!mayTransfer(rules, client, exchange.key)) return Rcode.REFUSED;
  const { name, type } = query.questions[0]!;
  if (!name.equals(apex)) return Rcode.NOTAUTH;
  if (type === RRType.IXFR && serialKnown(query) === undefined) return Rcode.FORMERR;
  return undefined;
}

/** The serial that an IXFR client has, RFC 1995 §3. */
function serialKnown({ authorities, questions }: Message): number | undefined {
  const [start, ...more] = authorities;
  if (start?.type !== RRType.SOA || start.class !== RRClass.IN || more.length > 0) return undefined;
  if (!start.name.equals(questions[0]!.name)) return undefined;
  return soa.read(start.rdata).serial;
}

/** The records of the answer: one SOA for those who have it all, the changes since the client's serial, or everything. */
function recordsFor(query: Message, zone: PinnedZone, history: ZoneHistory): Iterable<RR> {
  const known = query.questions[0]!.type === RRType.IXFR ? serialKnown(query) : undefined;
  if (known === undefined) return wholeZone(zone);
  // A client that is ahead has nothing to fetch either (RFC 1995 §2).
  if (serialCompare(known, zone.serial) >= 0) return [zone.soa];
  // NSD compares the serials inside an IXFR as plain numbers, and would refuse changes over the end of them for ever.
  const isOverTheEnd = known > zone.serial;
  const changes = isOverTheEnd ? undefined : history.between(known, zone.serial);
  if (!changes) return wholeZone(zone);
  const octets = changes.reduce((sum, change) => sum + change.length, 0);
  return zone.octets !== undefined && octets > zone.octets ? wholeZone(zone) : onlyChanges(zone, changes);
}

/** RFC 5936 §2.2: the SOA, everything, the SOA. */
function* wholeZone(zone: PinnedZone): Generator<RR> {
  yield* zone.records();
  yield zone.soa;
}

/** RFC 1995 §4: the new SOA, difference sequences in order, the new SOA. */
function* onlyChanges(zone: PinnedZone, changes: readonly Uint8Array[]): Generator<RR> {
  yield zone.soa;
  for (const change of changes) yield* readRRs(change);
  yield zone.soa;
}
