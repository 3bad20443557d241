import { encodeMessage, Name, queryFor, Rcode, RRType, soa, type Message, type RR } from '@callbook/dns';
import { describe, expect, it } from 'vitest';
import { freshness } from './freshness.js';

const name = Name.parse('name.callbook.example.');
const address = (ttl: number): RR => ({ name, type: RRType.A, class: 1, ttl, rdata: new Uint8Array([192, 0, 2, 1]) });
const ns = (ttl: number): RR => ({ name, type: RRType.NS, class: 1, ttl, rdata: name.wire });
const start = (ttl: number, minimum: number): RR => ({
  name: Name.parse('callbook.example.'),
  type: RRType.SOA,
  class: 1,
  ttl,
  rdata: soa.write({
    mname: name,
    rname: name,
    serial: 1,
    refresh: 86_400,
    retry: 7_200,
    expire: 604_800,
    minimum,
  }),
});

function fresh(parts: Partial<Message>): number {
  const octets = encodeMessage({
    ...queryFor({ name, type: RRType.A, class: 1 }, 0),
    response: true,
    authoritative: true,
    ...parts,
  } as Message);
  const within = new Uint8Array(octets.length + 20).fill(0xff);
  within.set(octets, 7);
  return freshness(within, 7, 7 + octets.length);
}

describe('how long HTTP may keep an answer (RFC 8484 §5.1)', () => {
  it('is the smallest TTL of its answers, whatever else is in it', () => {
    expect(fresh({ answers: [address(300), address(60), address(90)], authorities: [ns(5)] })).toBe(60);
  });

  it('is for a denial what its SOA record allows (RFC 2308 §5)', () => {
    expect(fresh({ authorities: [start(3_600, 900)] })).toBe(900);
    expect(fresh({ rcode: Rcode.NXDOMAIN, authorities: [start(300, 900)] })).toBe(300);
  });

  it('is for a SOA record that was asked for its TTL', () => {
    expect(fresh({ answers: [start(3_600, 900)] })).toBe(3_600);
  });

  it('is for a referral the smallest TTL of it', () => {
    expect(fresh({ authorities: [ns(7_200), ns(3_600)] })).toBe(3_600);
  });

  it.each([Rcode.SERVFAIL, Rcode.REFUSED, Rcode.FORMERR])('is nothing for response code %d', (rcode) => {
    expect(fresh({ rcode, answers: [address(300)] })).toBe(0);
  });

  it('is nothing for an answer that was cut off, or that says nothing', () => {
    expect(fresh({ truncated: true, answers: [address(300)] })).toBe(0);
    expect(fresh({})).toBe(0);
  });

  it('is found for the longest TTL there is', () => {
    expect(fresh({ answers: [address(2 ** 31 - 1)] })).toBe(2 ** 31 - 1);
  });
});
