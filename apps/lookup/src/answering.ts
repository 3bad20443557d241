import { Name, type TsigAlgorithm } from '@callbook/dns';
import type { ZoneKey } from '@callbook/dnssec';
import { createResponder } from './answer/pipeline.js';
import type { Responder } from './answer/responder.js';
import type { Counters } from './engine/counters.js';
import { createCookies } from './limits/cookies.js';
import { createRateLimiter, type RateLimitTable } from './limits/rate-limit.js';
import type { TransferRules } from './transfer/access.js';
import { withTsig } from './transfer/signed-queries.js';
import type { ZoneView } from './zone/zone-view.js';

/** How a thread answers, in a form that can be posted to it. */
export interface AnsweringSetup {
  /** Lower-cased wire form. */
  readonly apex: Uint8Array;
  readonly udpLimit: number;
  readonly nsid?: Uint8Array;
  /** Milliseconds that a TCP connection may be idle (RFC 7828). */
  readonly keepaliveIdle: number;
  /** Signatures that a thread makes for UDP. */
  readonly signaturesPerSecond?: number;
  /** None: as many answers as there are queries. */
  readonly rateLimit?: RateLimitTable;
  readonly rules: PostedRules;
  readonly secrets: Secrets;
}

/** What changes while the zone is served: the first cookie secret signs. */
export interface Secrets {
  readonly denialKey: ZoneKey | undefined;
  readonly cookies: readonly Uint8Array[];
}

/** Transfer rules with names as text. */
export interface PostedRules {
  readonly allow: readonly { readonly octets: Uint8Array; readonly bits: number; readonly key?: string }[];
  readonly keys: readonly { readonly name: string; readonly algorithm: TsigAlgorithm; readonly secret: Uint8Array }[];
}

export interface AnsweringThread {
  readonly responder: Responder;
  told(secrets: Secrets): void;
}

/**
 * Milliseconds since 1970, right to a tenth of a second and whatever a turn of the event loop takes: to ask the system for each packet costs a
 * good part of what the packet does, and an object.
 */
function coarseClock(): () => number {
  let now = Date.now();
  setInterval(() => (now = Date.now()), 100).unref();
  return () => now;
}

/** All that answers on one thread. */
export function answeringOf(setup: AnsweringSetup, view: ZoneView, counters: Counters): AnsweringThread {
  const { udpLimit, nsid, keepaliveIdle, rateLimit, signaturesPerSecond } = setup;
  const clock = coarseClock();
  const cookies = createCookies(setup.secrets.cookies, clock);
  let { denialKey } = setup.secrets;
  const count = counters.answered.bind(counters);
  const responder = createResponder({
    view,
    denialKeys: () => denialKey,
    cookies,
    ...(rateLimit && { limiter: createRateLimiter(rateLimit) }),
    udpLimit,
    ...(nsid && { nsid }),
    keepaliveIdle,
    ...(signaturesPerSecond && { signaturesPerSecond }),
    clock,
    count,
    met: (fate) => counters.met(fate),
  });
  const apex = Name.read(setup.apex).name;
  return {
    responder: withTsig(responder, { apex, view, udpLimit, rules: rulesOf(setup.rules), clock, count }),
    told: (secrets) => {
      cookies.use(secrets.cookies);
      denialKey = secrets.denialKey;
    },
  };
}

const rulesOf = ({ allow, keys }: PostedRules): TransferRules => ({
  allow: allow.map(({ octets, bits, key }) => ({ octets, bits, ...(key && { key: Name.parse(key) }) })),
  keys: keys.map((each) => ({ ...each, name: Name.parse(each.name) })),
});

export const posted = ({ allow, keys }: TransferRules): PostedRules => ({
  allow: allow.map(({ octets, bits, key }) => ({ octets, bits, ...(key && { key: key.toString() }) })),
  keys: keys.map((each) => ({ ...each, name: each.name.toString() })),
});
