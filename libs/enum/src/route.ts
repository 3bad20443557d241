import { enumservices } from './enumservices.js';
import type { Enumservice } from './enumservices.js';
import { EnumError, quoted } from './errors.js';
import { writeSubstitution } from './substitution.js';
import { schemeOf } from './uri.js';

/** One way to reach somebody: a NAPTR record in other words. Lower `order` first, and in it lower `preference` first (RFC 3403 §4.1). */
export interface Route {
  /** An enumservice in the spelling of the registry, as in `E2U+sip`. */
  readonly service: string;
  readonly uri: string;
  /** 0 to 65535. */
  readonly order: number;
  /** 0 to 65535. */
  readonly preference: number;
}

/**
 * A route that can be published as it is; nothing about it is repaired.
 * @throws EnumError ROUTE_SERVICE_UNKNOWN, ROUTE_URI_MALFORMED, ROUTE_URI_MISMATCH, ROUTE_TOO_LONG, ROUTE_OUT_OF_RANGE
 */
export function checkRoute({ service, uri, order, preference }: Route): Route {
  if (!isEnumservice(service))
    throw new EnumError(
      'ROUTE_SERVICE_UNKNOWN',
      `${quoted(service)} is not an enumservice in the spelling of the registry`,
    );
  for (const number of [order, preference])
    if (!Number.isInteger(number) || number < 0 || number > 0xffff)
      throw new EnumError('ROUTE_OUT_OF_RANGE', 'order and preference are whole numbers from 0 to 65535');
  writeSubstitution(uri); // first, because it bounds the length of what is parsed next
  const scheme = schemeOf(uri);
  const admitted: readonly string[] = enumservices[service];
  if (!admitted.includes(scheme))
    throw new EnumError(
      'ROUTE_URI_MISMATCH',
      `a URI of ${service} has the scheme ${admitted.join(' or ')}, not ${scheme}`,
    );
  return { service, uri, order, preference };
}

const isEnumservice = (service: string): service is Enumservice => Object.hasOwn(enumservices, service);
