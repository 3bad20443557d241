import { Name, nsec3, RRType, type Message, type RR } from '@callbook/dns';
import { describe, expect, it } from 'vitest';
import { hashName } from './nsec3-proofs.js';
import { liveAnswer, liveTime, liveZone, signedBy } from './testdata/compact-server.js';
import { validate } from './validate.js';

const apex = Name.parse('callbook.example.');
const zone = liveZone(apex, []);

/** An NSEC3 at the hash of nothing, that covers all there is. */
const nsec3Set = (iterations: number) => ({
  name: apex.prepend('00000000000000000000000000000000'),
  type: RRType.NSEC3,
  class: 1,
  ttl: 300,
  rdatas: [
    nsec3.write({
      hashAlgorithm: 1,
      flags: 0,
      iterations,
      salt: new Uint8Array(0),
      next: new Uint8Array(20).fill(0xff),
      types: [],
    }),
  ],
});

function deniedWith(authorities: RR[]) {
  return validate(
    { name: Name.parse('9.e164.callbook.example.'), type: RRType.TXT, class: 1 },
    {
      exchange: (question): Promise<Message> => {
        const reply = liveAnswer(zone, question, true);
        return Promise.resolve(question.type === RRType.DNSKEY ? reply : { ...reply, authorities });
      },
      anchors: [{ zone: apex, dnskey: zone.key.rdata }],
      now: liveTime,
    },
  );
}

describe('hashed names', () => {
  it.each([
    ['example.', '0p9mhaveqvm6t7vbl5lop2u3t2rp3tom'],
    ['A.example.', '35mthgpgcu1qg68fab165klnsnk3dpvl'],
    ['x.w.example.', 'b4um86eghhds6nea196smvmlo4ors995'],
    ['*.w.example.', 'r53bq7cc2uvmubfu5ocmm6pers9tk9en'],
  ])('%s is what RFC 5155 appendix A says', (name, expected) => {
    const hash = hashName(Name.parse(name), { salt: Buffer.from('aabbccdd', 'hex'), iterations: 12 });
    expect(base32Hex(hash)).toBe(expected);
  });
});

describe('more iterations than anyone should use (RFC 9276 §3.2)', () => {
  it('make the zone insecure when the zone says so itself', async () => {
    expect(await deniedWith(signedBy(zone, nsec3Set(51)))).toEqual({ status: 'insecure' });
  });

  it('are nothing when the record is not signed', async () => {
    const [record] = signedBy(zone, nsec3Set(65_535));
    const { authorities } = liveAnswer(zone, { name: apex.prepend('other'), type: RRType.A, class: 1 }, true);
    expect(await deniedWith([record as RR])).toMatchObject({ status: 'bogus' });
    expect(await deniedWith([record as RR, ...authorities])).toMatchObject({ status: 'bogus' });
  });

  it('up to the limit are hashed', async () => {
    expect(await deniedWith(signedBy(zone, nsec3Set(50)))).toEqual({ status: 'bogus', reason: 'DENIAL_INSUFFICIENT' });
  });
});

function base32Hex(octets: Uint8Array): string {
  const bits = [...octets].map((octet) => octet.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{5}/g) ?? []).map((group) => Number.parseInt(group, 2).toString(32)).join('');
}
