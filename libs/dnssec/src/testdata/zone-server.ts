import { queryFor, Rcode, RRType, type Message, type Name, type Question, type RR } from '@callbook/dns';
import type { Exchange } from '../validate.js';
import { readSignature } from '../verify-rrset.js';

export type Edit = (reply: Message, question: Question) => Message;

/**
 * An authoritative server of the given signed zones, as plain as can be: in denials it sends all NSEC or NSEC3 records of
 * the zone, and the validator must find those that prove.
 */
export function zoneServer(zones: readonly RR[][], edit: Edit = (reply) => reply): Exchange {
  const served = zones.map((rrs) => ({ rrs, apex: (rrs.find(({ type }) => type === RRType.SOA) as RR).name }));
  return (question) => {
    const holders = served
      .filter(({ apex }) => question.name.isWithin(apex))
      .sort((a, b) => b.apex.labelCount - a.apex.labelCount);
    const above = holders.find(({ apex }) => !apex.equals(question.name));
    const zone = (question.type === RRType.DS ? above : undefined) ?? holders[0];
    const reply = zone ? answerFrom(zone.rrs, zone.apex, question) : { rcode: Rcode.REFUSED };
    return Promise.resolve(edit({ ...emptyReply(question), ...reply }, question));
  };
}

export function emptyReply(question: Question): Message {
  return {
    ...queryFor(question, 0),
    response: true,
    authoritative: true,
  };
}

function answerFrom(rrs: readonly RR[], apex: Name, { name, type }: Question): Partial<Message> {
  const covered = (rr: RR): number => (rr.type === RRType.RRSIG ? readSignature(rr).typeCovered : rr.type);
  const at = (owner: Name, wanted: number): RR[] =>
    rrs.filter((rr) => rr.name.equals(owner) && covered(rr) === wanted);
  const exists = (owner: Name): boolean => rrs.some((rr) => rr.name.isWithin(owner) && covered(rr) !== RRType.NSEC3);
  const denials = rrs.filter((rr) => [RRType.NSEC, RRType.NSEC3].includes(covered(rr) as 47 | 50));
  const negative = [...at(apex, RRType.SOA), ...denials];

  const path: Name[] = [];
  for (let step = name; !step.equals(apex); step = step.parent()) path.unshift(step);
  for (const step of path) {
    const own = step.equals(name);
    const cut = at(step, RRType.NS);
    if (cut.length > 0 && !(own && type === RRType.DS)) {
      return { authoritative: false, authorities: [...cut, ...at(step, RRType.DS), ...denials] };
    }
    const dname = own ? [] : at(step, RRType.DNAME);
    if (dname.length > 0) return { answers: dname };
  }
  if (exists(name)) {
    const found = at(name, type).length > 0 ? at(name, type) : at(name, RRType.CNAME);
    return found.length > 0 ? { answers: found } : { authorities: negative };
  }
  let encloser = name.parent();
  while (!exists(encloser)) encloser = encloser.parent();
  const wildcard = encloser.prepend('*');
  if (!exists(wildcard)) return { rcode: Rcode.NXDOMAIN, authorities: negative };
  const made = at(wildcard, type).map((rr) => ({ ...rr, name }));
  return made.length > 0 ? { answers: made, authorities: denials } : { authorities: negative };
}
