import { ds, dnskey, Name, rrsetsOf, RRType, type RR } from '@callbook/dns';
import { describe, expect, it } from 'vitest';
import { dsOf, type DigestType } from './ds.js';
import { DnssecError } from './errors.js';
import { keyTag } from './key-tag.js';
import { golden, goldenTime, goldenZones } from './testdata/golden.js';
import { readSignature, verifyRRset } from './verify-rrset.js';

const vectors = ['rfc-5702-6.1.zone', 'rfc-6605-6.1.zone', 'rfc-6605-6.2.zone', 'rfc-8080-6.1.zone'];

function keysOf(rrs: RR[]): Uint8Array[] {
  return rrs.filter(({ type }) => type === RRType.DNSKEY).map(({ rdata }) => rdata);
}

/** Every signature of a zone against the keys it names; how many held. */
function verifyAll(rrs: RR[], now: number | ((sig: RR) => number)): number {
  const keys = keysOf(rrs);
  const sets = rrsetsOf(rrs.filter(({ type }) => type !== RRType.RRSIG));
  const signatures = rrs.filter(({ type }) => type === RRType.RRSIG);
  for (const sig of signatures) {
    const fields = readSignature(sig);
    const set = sets.find(({ name, type }) => name.equals(sig.name) && type === fields.typeCovered);
    const key = keys.find((rdata) => keyTag(rdata) === fields.keyTag);
    if (!set || !key) throw new Error(`${sig.name} has a signature over nothing`);
    verifyRRset(set, sig, key, fields.signer, typeof now === 'number' ? now : now(sig));
  }
  return signatures.length;
}

describe('values of the RFCs', () => {
  it.each(vectors)('%s: the signature verifies in its time', (file) => {
    expect(verifyAll(golden(file), (sig) => readSignature(sig).inception)).toBe(1);
  });

  it.each([...vectors, 'rfc-4034-5.4.zone'])('%s: the DS is made of the key', (file) => {
    const rrs = golden(file);
    const [key] = keysOf(rrs) as [Uint8Array];
    for (const { name, rdata } of rrs.filter(({ type }) => type === RRType.DS)) {
      const { digestType } = ds.read(rdata);
      expect(Buffer.from(dsOf(name, key, digestType as DigestType))).toEqual(Buffer.from(rdata));
    }
  });
});

describe.each([...goldenZones, 'federated'])('the zone signed by %s', (zone) => {
  const rrs = golden(`${zone}.zone`);

  it('verifies, every signature of it', () => {
    expect(verifyAll(rrs, goldenTime)).toBeGreaterThan(8);
  });

  it('does not verify a day after the signatures have expired', () => {
    const after = Date.UTC(2027, 0, 2) / 1000;
    expect(() => verifyAll(rrs, after)).toThrow(expect.objectContaining({ code: 'SIGNATURE_EXPIRED' }));
  });

  it('does not verify before they begin', () => {
    const before = Date.UTC(2025, 11, 31) / 1000;
    expect(() => verifyAll(rrs, before)).toThrow(expect.objectContaining({ code: 'SIGNATURE_NOT_YET_VALID' }));
    expect(() => verifyAll(rrs, before)).toThrow(DnssecError);
  });
});

describe.each(goldenZones)('the key of %s', (zone) => {
  it('has the tags and digests that dnssec-dsfromkey says', () => {
    const expected = golden(`${zone}.ds`);
    const entryPoint = keysOf(golden(`${zone}.zone`)).find((rdata) => dnskey.read(rdata).flags === 257) as Uint8Array;
    const ours = ([1, 2, 4] as const).map((digest) => dsOf(Name.parse('CALLBOOK.example'), entryPoint, digest));
    expect(ours.map((rdata) => Buffer.from(rdata))).toEqual(expected.map(({ rdata }) => Buffer.from(rdata)));
  });
});
