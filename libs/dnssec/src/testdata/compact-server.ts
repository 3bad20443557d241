import { Rcode, RRType, type Message, type Name, type Question, type RR, type RRset } from '@callbook/dns';
import { compactDenial, compactDenialRcode } from '../compact-denial.js';
import { signRRset } from '../sign-rrset.js';
import { generateZoneKey, type ZoneKey } from '../zone-key.js';
import { emptyReply } from './zone-server.js';

export interface LiveZone {
  readonly apex: Name;
  readonly key: ZoneKey;
  readonly sets: readonly RRset[];
}

export const liveTime = 1_700_500_000;

export function liveZone(apex: Name, sets: readonly RRset[]): LiveZone {
  const key = generateZoneKey(13, 257);
  const keySet = { name: apex, type: RRType.DNSKEY, class: 1, ttl: 300, rdatas: [key.rdata] };
  return { apex, key, sets: [...sets, keySet] };
}

export const signedBy = ({ apex, key }: LiveZone, set: RRset): RR[] => [
  ...set.rdatas.map((rdata) => ({ name: set.name, type: set.type, class: set.class, ttl: set.ttl, rdata })),
  signRRset(set, { key, signer: apex }, { inception: liveTime - 1000, expiration: liveTime + 1000 }),
];

/** An authoritative server that signs while it answers and denies as RFC 9824 says, without delegations. */
export function liveAnswer(zone: LiveZone, question: Question, compactOk: boolean): Message {
  const { name, type } = question;
  const here = zone.sets.filter((set) => set.name.equals(name));
  const found = here.find((set) => set.type === type);
  if (found) return { ...emptyReply(question), answers: signedBy(zone, { ...found, name }) };
  const exists = zone.sets.some((set) => set.name.isWithin(name));
  const denial = compactDenial(name, exists ? here.map((set) => set.type) : 'nxname', 300);
  const rcode = exists ? Rcode.NOERROR : compactDenialRcode({ dnssecOk: true, compactOk });
  return { ...emptyReply(question), rcode, authorities: signedBy(zone, denial) };
}
