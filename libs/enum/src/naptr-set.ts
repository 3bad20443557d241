import { compareOctets, DnsError, Name, naptr, RRClass, RRType } from '@callbook/dns';
import type { Naptr, RRset } from '@callbook/dns';
import type { E164 } from './e164.js';
import { enumserviceOf } from './enumservices.js';
import { EnumError } from './errors.js';
import { checkRoute } from './route.js';
import type { Route } from './route.js';
import { substitute, writeSubstitution } from './substitution.js';

/**
 * The NAPTR set of a node: terminal rules with flag `u`, one for each route (RFC 6116 §3.4), in canonical order (RFC 4034 §6.3), which is
 * also by order and preference: the same routes make the same octets, however they came.
 * @param ttl seconds
 * @throws EnumError ROUTE_NONE, ROUTE_DUPLICATE for two with the same service and URI, and those of `checkRoute`
 */
export function naptrSet(node: Name, routes: readonly Route[], ttl: number): RRset {
  if (routes.length === 0) throw new EnumError('ROUTE_NONE', 'a set of no routes is no set');
  if (new Set(routes.map(({ service, uri }) => `${service} ${uri}`)).size < routes.length)
    throw new EnumError('ROUTE_DUPLICATE', 'two routes have the same service and URI');
  const rdatas = routes.map(rdataOf).sort(compareOctets);
  return { name: node, type: RRType.NAPTR, class: RRClass.IN, ttl, rdatas };
}

/**
 * What an ENUM client makes of a NAPTR set (RFC 6116 §3): the routes that it leads to, first the one to try first. Left out, as a client
 * leaves out what it does not understand: services that are not in the table, rules that are not terminal, expressions that do not match or
 * that we do not run, and whatever could not have been published here.
 * @param aus the number that was asked for (application unique string, RFC 6116 §3.1)
 */
export function routesOf(set: RRset, aus: E164): Route[] {
  if (set.type !== RRType.NAPTR) return [];
  return set.rdatas
    .flatMap((rdata) => routesOfRule(readNaptr(rdata), aus))
    .sort((a, b) => a.order - b.order || a.preference - b.preference);
}

function rdataOf(route: Route): Uint8Array {
  const { service, uri, order, preference } = checkRoute(route);
  return naptr.write({
    order,
    preference,
    flags: 'u',
    services: service,
    regexp: writeSubstitution(uri),
    replacement: Name.root,
  });
}

/** One rule may name several enumservices for its URI (RFC 6116 §3.4.3). */
function routesOfRule(rule: Naptr | undefined, aus: E164): Route[] {
  if (rule?.flags.toLowerCase() !== 'u' || !rule.replacement.equals(Name.root)) return [];
  const uri = substitute(rule.regexp, aus);
  const [protocol, ...types] = rule.services.split('+');
  if (uri === undefined || protocol?.toLowerCase() !== 'e2u') return [];
  return types.flatMap((type) => {
    const service = enumserviceOf(`E2U+${type}`);
    return service ? publishable({ service, uri, order: rule.order, preference: rule.preference }) : [];
  });
}

function publishable(route: Route): Route[] {
  try {
    return [checkRoute(route)];
  } catch (error) {
    if (error instanceof EnumError) return [];
    throw error;
  }
}

function readNaptr(rdata: Uint8Array): Naptr | undefined {
  try {
    return naptr.read(rdata);
  } catch (error) {
    if (error instanceof DnsError) return undefined;
    throw error;
  }
}
