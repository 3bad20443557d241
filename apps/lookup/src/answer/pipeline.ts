import { Rcode, RRType } from '@callbook/dns';
import type { ZoneKey } from '@callbook/dnssec';
import { cookie, type Cookies } from '../limits/cookies.js';
import {
  responseClass,
  verdict,
  type RateLimiter,
  type RateVerdict,
  type ResponseClass,
} from '../limits/rate-limit.js';
import type { ZoneView } from '../zone/zone-view.js';
import { putBareReply, responseBit } from './bare-reply.js';
import { Finding, outcome } from './finding.js';
import { sameOctets } from './name-octets.js';
import { OnlineSigning } from './online-signing.js';
import { mostNsidOctets, Opt } from './opt.js';
import { headerOctets, Query } from './query.js';
import { extendedError, refuses, says } from './refusals.js';
import { Reply } from './reply.js';
import type { Carrier, Client, Responder } from './responder.js';
import { trust } from './signature-budget.js';
import { ZoneAnswer } from './zone-answer.js';
import { ZoneFacts } from './zone-facts.js';

export interface ResponderDeps {
  /** This thread's own. */
  readonly view: ZoneView;
  /** The key that signs denials now; undefined while there is none that the zone shows. */
  readonly denialKeys: () => ZoneKey | undefined;
  readonly cookies?: Cookies;
  readonly limiter?: RateLimiter;
  /** Largest answer over UDP. */
  readonly udpLimit: number;
  /** What names this server to those who ask (RFC 5001), at most `mostNsidOctets`. */
  readonly nsid?: Uint8Array;
  /** Milliseconds that a connection may idle (RFC 7828). */
  readonly keepaliveIdle?: number;
  /** Signatures that this thread makes for UDP in a second. */
  readonly signaturesPerSecond?: number;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Counts answers by carrier and response code: closed sets, so that nothing of a question is in a metric. */
  readonly count: (carrier: Carrier, rcode: number) => void;
  /** Counts answers that the rate limit held back, or sent empty. */
  readonly met?: (fate: 'dropped' | 'slipped') => void;
}

const withoutEdns = 512;
const largestMessage = 65_535;
const silence = 0;
/** About a third of a core. */
const defaultSignatures = 10_000;
/** Proofs are kept for one to two of these, and then forgotten with the names that were asked. */
const forgetEveryMs = 15_000;

/** Takes packets to their answers, on one thread. No logger here, on purpose. */
export function createResponder(deps: ResponderDeps): Responder {
  const { view, cookies, limiter, udpLimit, clock, count, met = () => {}, nsid = new Uint8Array(0) } = deps;
  if (nsid.length > mostNsidOctets) throw new RangeError(`NSID of more than ${mostNsidOctets} octets`);
  const query = new Query();
  const reply = new Reply();
  const finding = new Finding();
  const facts = new ZoneFacts();
  const opt = new Opt({ cookies, nsid, keepalive: Math.min(0xffff, Math.round((deps.keepaliveIdle ?? 0) / 100)) });
  const signing = new OnlineSigning({ signaturesPerSecond: defaultSignatures, ...deps });
  const zoneAnswer = new ZoneAnswer(query, reply, view, finding, facts, signing);
  setInterval(() => signing.forget(), forgetEveryMs).unref();

  let client: Client;
  let goodCookie = false;

  /** The path of a packet. Order matters: each stage relies on those before it. */
  function answer(start: number, end: number, octets: Uint8Array, out: Uint8Array, outStart: number): number {
    if (isSilence(octets, start, end)) return silence;
    const well = query.read(octets, start, end);
    reply.begin(query, out, outStart);
    checkCookie();
    const settled = refuses(query, well, reply, client.carrier) || find();
    // Before anything is written or signed: an answer that nobody gets should cost nothing.
    const fate = limitRate(settled);
    if (fate !== verdict.send) met(fate === verdict.drop ? 'dropped' : 'slipped');
    if (fate === verdict.drop) return silence;
    makeRoom();
    if (fate === verdict.slip) reply.truncated = true;
    else if (!settled) answerFromZone();
    return finish();
  }

  /** RFC 7873 §5.2 */
  function checkCookie(): void {
    const { edns } = query;
    goodCookie = false;
    if (!cookies || edns.cookieOctets < 0) return;
    const worth = cookies.check(query.octets, edns.cookieAt, edns.cookieOctets, client);
    goodCookie = worth === cookie.good;
    edns.cookieMalformed = worth === cookie.malformed;
  }

  function find(): boolean {
    if (!view.take()) return says(reply, Rcode.SERVFAIL, extendedError.notReady);
    facts.follow(view);
    // IXFR over UDP gets the SOA alone: who is behind comes back over TCP (RFC 1995 §2).
    if (query.type === RRType.IXFR) {
      const { apex } = view;
      if (query.nameLength !== apex.length || !sameOctets(query.names, 0, apex, 0, apex.length))
        return says(reply, Rcode.NOTAUTH);
    }
    finding.find(view, query.names, 0, query.nameLength, query.type === RRType.IXFR ? RRType.SOA : query.type);
    return finding.outcome === outcome.outside && says(reply, Rcode.REFUSED, extendedError.notAuthoritative);
  }

  function limitRate(refused: boolean): RateVerdict {
    if (!limiter || client.carrier !== 'udp' || goodCookie) return verdict.send;
    const kind = refused ? responseClass.error : classes[finding.outcome]!;
    // The node that answers is that of the wildcard, of the cut or of the DNAME where there is one: names made up below it are one account.
    return limiter.decide(client, kind, refused ? 0 : finding.node, Math.floor(clock() / 1_000));
  }

  /** What an answer may be long, without what comes behind its records. */
  function makeRoom(): void {
    reply.end = reply.start + largestAnswer(query, client.carrier, udpLimit);
    reply.recordsEnd = reply.end - opt.octets(query, client.carrier);
  }

  function answerFromZone(): void {
    signing.asker = client.carrier !== 'udp' ? trust.stream : goodCookie ? trust.cookie : trust.none;
    zoneAnswer.write();
  }

  function finish(): number {
    if (query.edns.present) opt.put(query, reply, client);
    reply.finish(query);
    count(client.carrier, reply.rcode);
    return reply.at - reply.start;
  }

  return {
    respond(octets, start, end, out, outStart, from) {
      client = from;
      try {
        return answer(start, end, octets, out, outStart);
      } catch {
        // A fault of ours is SERVFAIL for the one who met it, and nothing for the others.
        count(client.carrier, Rcode.SERVFAIL);
        return putBareReply(octets, start, out, outStart, Rcode.SERVFAIL);
      } finally {
        view.release();
      }
    },
  };
}

/** Too short to have an id, or itself a response: an answer to answers would loop. */
const isSilence = (octets: Uint8Array, start: number, end: number): boolean =>
  end - start < headerOctets || (octets[start + 2]! & responseBit) !== 0;

/** RFC 6891 §6.2.3: what says less than 512 means 512. */
function largestAnswer({ edns }: Query, carrier: Carrier, udpLimit: number): number {
  if (carrier !== 'udp') return largestMessage;
  return edns.udpSize > withoutEdns ? Math.min(udpLimit, edns.udpSize) : withoutEdns;
}

/** By outcome. */
const classes: readonly ResponseClass[] = [
  responseClass.error,
  responseClass.answer,
  responseClass.answer,
  responseClass.nodata,
  responseClass.nxdomain,
  responseClass.referral,
  responseClass.answer,
];
