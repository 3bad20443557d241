import { Name, naptr, RRType, rrsig, soa, type RR, type RRset } from '@callbook/dns';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Algorithm } from './algorithm.js';
import { keyTag } from './key-tag.js';
import { signRRset } from './sign-rrset.js';
import { rrsetsWithin } from './testdata/arbitraries.js';
import { verifyRRset } from './verify-rrset.js';
import { hasWildcardLabel } from './wildcard.js';
import { generateZoneKey } from './zone-key.js';

const zone = Name.parse('callbook.example.');
const validity = { inception: 1_700_000_000, expiration: 1_701_000_000 };
const now = 1_700_500_000;
const algorithms: Algorithm[] = [13, 15, 14, 8];
const keys = new Map(algorithms.map((algorithm) => [algorithm, generateZoneKey(algorithm, 256)]));
const keyOf = (algorithm: Algorithm) => keys.get(algorithm) ?? generateZoneKey(algorithm, 256);

const flipped = (octets: Uint8Array, bit: number): Uint8Array => {
  const changed = Uint8Array.from(octets);
  const index = (bit >> 3) % octets.length;
  changed[index] = (changed[index] as number) ^ (1 << (bit & 7));
  return changed;
};

const distinct = (rdatas: readonly Uint8Array[]): string =>
  [...new Set(rdatas.map((rdata) => Buffer.from(rdata).toString('hex')))].sort().join();

const txt: RRset = {
  name: Name.parse('3.2.1.e164.callbook.example.'),
  type: RRType.TXT,
  class: 1,
  ttl: 300,
  rdatas: [Buffer.from('\x01a'), Buffer.from('\x01b')],
};

describe.each(algorithms)('a signature of algorithm %i', (algorithm) => {
  const key = keyOf(algorithm);
  const signed = (set: RRset): RR => signRRset(set, { key, signer: zone }, validity);

  it('verifies over any RRset', () => {
    fc.assert(
      fc.property(rrsetsWithin(zone), (set) => {
        verifyRRset(set, signed(set), key.rdata, zone, now);
      }),
      { numRuns: 40 },
    );
  });

  it('does not depend on order, repetition, case of the owner, or a TTL counted down', () => {
    const sig = signed(txt);
    const seen: RRset = {
      ...txt,
      name: Name.parse('3.2.1.E164.CALLBOOK.example.'),
      ttl: 17,
      rdatas: [...txt.rdatas, ...txt.rdatas].reverse(),
    };
    expect(() => verifyRRset(seen, sig, key.rdata, zone, now)).not.toThrow();
  });

  it('fails after any change of one bit in rdata, owner, original TTL, signature or key', () => {
    fc.assert(
      fc.property(
        rrsetsWithin(zone),
        fc.constantFrom('rdata', 'owner', 'originalTtl', 'signature', 'key'),
        fc.nat(0xffff),
        (set, part, bit) => {
          const sig = signed(set);
          const fields = rrsig.read(sig.rdata);
          const [first, ...rest] = set.rdatas as [Uint8Array, ...Uint8Array[]];
          const withFields = (change: Partial<typeof fields>): RR => ({
            ...sig,
            rdata: rrsig.write({ ...fields, ...change }),
          });
          expect(changedCheck()).toThrow(expect.objectContaining({ name: 'DnssecError' }));

          function changedCheck(): () => void {
            switch (part) {
              case 'rdata': {
                const changed = flipped(first, bit);
                const rdatas = [changed, ...rest];
                // Two records may have become one of the others: still the same set.
                fc.pre(distinct(rdatas) !== distinct(set.rdatas));
                return () => verifyRRset({ ...set, rdatas }, sig, key.rdata, zone, now);
              }
              case 'owner': {
                const [label, ...labels] = set.name.labels as [Uint8Array, ...Uint8Array[]];
                const name = Name.ofLabels([flipped(label, bit), ...labels]);
                // What a wildcard's signature covers is every name that the wildcard makes (RFC 4035 §5.3.2).
                fc.pre(!name.equals(set.name) && !hasWildcardLabel(set.name));
                return () => verifyRRset({ ...set, name }, { ...sig, name }, key.rdata, zone, now);
              }
              case 'originalTtl': {
                const originalTtl = (fields.originalTtl ^ (1 << (bit & 31))) >>> 0;
                return () => verifyRRset(set, withFields({ originalTtl }), key.rdata, zone, now);
              }
              case 'signature': {
                const signature = flipped(fields.signature, bit);
                return () => verifyRRset(set, withFields({ signature }), key.rdata, zone, now);
              }
              case 'key': {
                const changed = Buffer.concat([key.rdata.subarray(0, 4), flipped(key.rdata.subarray(4), bit)]);
                return () => verifyRRset(set, withFields({ keyTag: keyTag(changed) }), changed, zone, now);
              }
            }
          }
        },
      ),
      { numRuns: 80 },
    );
  });
});

describe('signing', () => {
  const key = keyOf(13);
  const fieldsOf = (set: RRset) => rrsig.read(signRRset(set, { key, signer: zone }, validity).rdata);

  it('says what RFC 4034 §3.1 asks of each field', () => {
    expect(fieldsOf(txt)).toMatchObject({
      typeCovered: 16,
      algorithm: 13,
      labels: 6,
      originalTtl: 300,
      inception: validity.inception,
      expiration: validity.expiration,
      keyTag: key.tag,
    });
    expect(signRRset(txt, { key, signer: zone }, validity)).toMatchObject({ type: 46, class: 1, ttl: 300 });
  });

  it('does not count the label of a wildcard, and then covers what the wildcard makes', () => {
    const wildcard = { ...txt, name: Name.parse('*.wild.callbook.example.') };
    const sig = signRRset(wildcard, { key, signer: zone }, validity);
    expect(rrsig.read(sig.rdata).labels).toBe(3);
    const name = Name.parse('any.thing.wild.callbook.example.');
    expect(() => verifyRRset({ ...txt, name }, { ...sig, name }, key.rdata, zone, now)).not.toThrow();
    expect(() => verifyRRset(wildcard, sig, key.rdata, zone, now)).not.toThrow();
  });

  it('lower-cases names of owner, signer and the rdata of old types', () => {
    const mixed = { mname: Name.parse('NS1.Callbook.Example.'), rname: Name.parse('Host.Callbook.Example.') };
    const numbers = { serial: 1, refresh: 2, retry: 3, expire: 4, minimum: 5 };
    const set = (names: typeof mixed): RRset => ({
      name: zone,
      type: RRType.SOA,
      class: 1,
      ttl: 300,
      rdatas: [soa.write({ ...names, ...numbers })],
    });
    const sig = signRRset(set(mixed), { key, signer: Name.parse('CALLBOOK.example.') }, validity);
    const lower = set({ mname: mixed.mname.lower(), rname: mixed.rname.lower() });
    expect(() => verifyRRset(lower, sig, key.rdata, zone, now)).not.toThrow();
  });

  it('sorts records as octet strings, shorter first', () => {
    const one = { order: 1, preference: 1, flags: 'u', services: 'E2U+sip', regexp: '!^.*$!sip:a@example.net!' };
    const rdatas = [2, 1, 256].map((order) => naptr.write({ ...one, order, replacement: Name.root }));
    const set = { ...txt, type: RRType.NAPTR, rdatas };
    const sig = signRRset(set, { key, signer: zone }, validity);
    const again = { ...set, rdatas: rdatas.toSorted(Buffer.compare) };
    expect(() => verifyRRset(again, sig, key.rdata, zone, now)).not.toThrow();
  });

  it('refuses names outside the zone, no records, and signatures of signatures', () => {
    const refused = (set: RRset, code: string) =>
      expect(() => signRRset(set, { key, signer: zone }, validity)).toThrow(expect.objectContaining({ code }));
    refused({ ...txt, name: Name.parse('example.net.') }, 'SIGNATURE_MISMATCH');
    refused({ ...txt, rdatas: [] }, 'RRSET_EMPTY');
    refused({ ...txt, type: RRType.RRSIG }, 'TYPE_NOT_DATA');
  });
});
