import { Name, readRRs, rrsig, RRType } from '@callbook/dns';
import { generateZoneKey, verifyRRset } from '@callbook/dnssec';
import { describe, expect, it } from 'vitest';
import { rrsetOf } from '../zone/signed-set.js';
import { subjectOf } from '../zone/subject.js';
import { jitterOf, signSet } from './sign-set.js';

const zone = Name.parse('callbook.example');
const keys = { ksk: generateZoneKey(13, 257), zsk: generateZoneKey(13, 256), denial: generateZoneKey(13, 256) };
const day = 86_400_000;
const now = Date.parse('2026-11-25T12:00:00Z');
const by = { zone, keys, policy: { signatureValidity: 21 * day, signatureJitter: day } };
const sign = (name: string, type: number, rdata: Uint8Array, at = now) =>
  signSet(
    { subject: subjectOf('x'), set: { name: Name.parse(name), type, class: 1, ttl: 300, rdatas: [rdata] } },
    by,
    at,
  );
const signatureOf = (signatures: Uint8Array) => rrsig.read(readRRs(signatures)[0]!.rdata);

describe('a signature', () => {
  const address = Uint8Array.of(192, 0, 2, 1);

  it('is by the ZSK, over a DNSKEY set by the KSK, and never by the denial key', () => {
    expect(signatureOf(sign('a.callbook.example', RRType.A, address).signatures).keyTag).toBe(keys.zsk.tag);
    expect(signatureOf(sign('callbook.example', RRType.DNSKEY, keys.ksk.rdata).signatures).keyTag).toBe(keys.ksk.tag);
  });

  it('begins an hour ago and holds three weeks, less up to a day', () => {
    const { inception, expiration } = signatureOf(sign('a.callbook.example', RRType.A, address).signatures);
    expect(inception).toBe(now / 1_000 - 3_600);
    expect(expiration).toBeGreaterThan((now + 20 * day) / 1_000);
    expect(expiration).toBeLessThanOrEqual((now + 21 * day) / 1_000);
  });

  it.each(['2038-01-19T03:14:00Z', '2106-02-07T06:28:00Z'])('holds over the turn of the clock at %s', (turn) => {
    const at = Date.parse(turn);
    const set = sign('a.callbook.example', RRType.A, address, at);
    const [signature] = readRRs(set.signatures);
    for (const later of [0, 10 * day])
      expect(() => verifyRRset(rrsetOf(set), signature!, keys.zsk.rdata, zone, (at + later) / 1_000)).not.toThrow();
    expect(() => verifyRRset(rrsetOf(set), signature!, keys.zsk.rdata, zone, (at + 22 * day) / 1_000)).toThrow();
  });

  it('of many names end spread over the jitter, of one name always the same', () => {
    const names = Array.from({ length: 1_000 }, (_, n) => Name.parse(`${n}.callbook.example`));
    const inFirstHalf = names.filter((name) => jitterOf(name, day) < day / 2).length;
    expect(inFirstHalf).toBeGreaterThan(400);
    expect(inFirstHalf).toBeLessThan(600);
    expect(jitterOf(names[0]!, day)).toBe(jitterOf(names[0]!, day));
  });
});
