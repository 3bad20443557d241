import { Opcode, Rcode, RRClass, RRType } from '@callbook/dns';
import type { Carrier } from './responder.js';
import type { Query } from './query.js';
import type { Reply } from './reply.js';

/** Codes of extended DNS errors that are used here (RFC 8914 §4). */
export const extendedError = { notReady: 14, notAuthoritative: 20, invalidQueryType: 30 } as const;

/** Types that no zone holds: asking for them is a mistake, or is not answered here (RFC 6895 §3.1). */
const isMeta = (type: number): boolean => type === 0 || type === RRType.OPT || (type >= 128 && type < RRType.ANY);

/** What can be refused without looking at the zone. True: it is. `well`: the query could be read. */
export function refuses(query: Query, well: boolean, reply: Reply, carrier: Carrier): boolean {
  const { type, edns } = query;
  if (!well) return says(reply, Rcode.FORMERR);
  if (query.opcode !== Opcode.QUERY) return says(reply, Rcode.NOTIMP);
  if (edns.present && edns.version > 0) return says(reply, Rcode.BADVERS);
  if (edns.cookieMalformed) return says(reply, Rcode.FORMERR);
  // RFC 7873 §5.4: whoever has no question may ask for a cookie alone.
  if (query.questionCount === 0 && edns.cookieOctets >= 0) return says(reply, Rcode.NOERROR);
  if (query.questionCount !== 1) return says(reply, Rcode.FORMERR);
  // RFC 7828 §3.2.1: clients say nothing in it. Over UDP it means nothing.
  if (edns.keepaliveOctets > 0 && (carrier === 'tcp' || carrier === 'tls')) return says(reply, Rcode.FORMERR);
  if (query.class !== RRClass.IN) return says(reply, Rcode.REFUSED);
  if (type < 128 || type > RRType.ANY) return isMeta(type) && says(reply, Rcode.NOTIMP);
  if (type === RRType.NXNAME) return says(reply, Rcode.FORMERR, extendedError.invalidQueryType);
  if (type === RRType.ANY) return false;
  if (type !== RRType.AXFR && type !== RRType.IXFR) return says(reply, Rcode.NOTIMP);
  // Over UDP there is no AXFR (RFC 5936 §4.2), and IXFR is one SOA (RFC 1995 §2). Streams hand on transfers to those who make them.
  if (carrier !== 'udp') return says(reply, Rcode.REFUSED);
  return type === RRType.AXFR && says(reply, Rcode.NOTIMP);
}

export function says(reply: Reply, rcode: number, error = -1): true {
  reply.rcode = rcode;
  reply.error = error;
  return true;
}
