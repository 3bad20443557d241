import type { ZoneHead } from '@callbook/contracts';
import { Name, readZoneFile, RRType } from '@callbook/dns';
import { validate, type DnssecErrorCode, type Exchange, type TrustAnchor, type Verdict } from '@callbook/dnssec';
import { nodeOf, parseIdentifierUri, routesOf, type Route } from '@callbook/enum';
import { keyFromSmimea, keyOwner, type PublicKey } from '@callbook/keys';

/**
 * What is known of an identifier. `secure`: every part validated up to a trust anchor. `not-found`: that there is nothing is proved.
 * `insecure`: no chain of trust leads there. `bogus`: what came is not what was signed; never use it.
 */
export type Found =
  | { readonly status: 'secure'; readonly routes: readonly Route[]; readonly keys: readonly PublicKey[] }
  | { readonly status: 'not-found' }
  | { readonly status: 'insecure' }
  | { readonly status: 'bogus'; readonly reason: DnssecErrorCode };

export interface LookupDeps {
  readonly exchange: Exchange;
  readonly anchors: readonly TrustAnchor[];
  readonly suffixes: ZoneHead['suffixes'];
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

/** Looks up an identifier's routes and keys over DNS and validates them. Errors: EnumError; those of the exchange. */
export async function lookup(identifier: string, deps: LookupDeps): Promise<Found> {
  const parsed = parseIdentifierUri(identifier);
  if (parsed.type !== 'tel') throw new TypeError('only telephone numbers can be looked up');
  const node = nodeOf(parsed.value, Name.parse(deps.suffixes.tel));
  const ask = (name: Name, type: number) =>
    validate(
      { name, type, class: 1 },
      { exchange: deps.exchange, anchors: deps.anchors, now: Math.floor(deps.clock() / 1_000) },
    );
  const [naptr, smimea] = await Promise.all([ask(node, RRType.NAPTR), ask(keyOwner(node), RRType.SMIMEA)]);

  const unsure = [naptr, smimea].find(({ status }) => status !== 'secure');
  if (unsure && unsure.status !== 'secure') return unsure;
  const [routeSet, keySet] = [answerOf(naptr), answerOf(smimea)];
  if (!routeSet && !keySet) return { status: 'not-found' };
  return {
    status: 'secure',
    routes: routeSet ? routesOf(routeSet, parsed.value) : [],
    keys: keySet ? keySet.rdatas.map(keyFromSmimea) : [],
  };
}

const answerOf = (verdict: Verdict) =>
  verdict.status === 'secure' && verdict.kind === 'answer' ? verdict.rrset : undefined;

/** Trust anchors from DNSKEY or DS records in presentation form, as `GET /directory` and `callbook show` give them. */
export function anchorsOf(records: readonly string[]): TrustAnchor[] {
  return readZoneFile(`${records.join('\n')}\n`, { ttl: 0 }).flatMap(({ name, type, rdata }): TrustAnchor[] => {
    if (type === RRType.DNSKEY) return [{ zone: name, dnskey: rdata }];
    return type === RRType.DS ? [{ zone: name, ds: rdata }] : [];
  });
}
