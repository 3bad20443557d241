import { readFileSync } from 'node:fs';
import { dnskey, Name, RRType, rrsig, type RR, type RRset, type Rrsig } from '@callbook/dns';
import { describe, expect, it } from 'vitest';
import { verifyOctets, type Algorithm } from './algorithm.js';
import { keyTag } from './key-tag.js';
import { publicKeyFromField } from './public-key.js';
import { signRRset } from './sign-rrset.js';
import { verifyRRset } from './verify-rrset.js';
import { generateZoneKey } from './zone-key.js';

interface WycheproofCase {
  algorithm: Algorithm;
  case: number;
  about: string;
  key: string;
  message: string;
  signature: string;
  valid: boolean;
}

/** Transcribed from C2SP/wycheproof testvectors_v1: ecdsa_secp256r1_sha256_p1363, ecdsa_secp384r1_sha384_p1363, ed25519. */
const cases = JSON.parse(
  readFileSync(new URL('testdata/wycheproof.json', import.meta.url), 'utf8'),
) as WycheproofCase[];

describe('hostile signatures (Wycheproof)', () => {
  it.each(cases)('algorithm $algorithm case $case: $about', ({ algorithm, key, message, signature, valid }) => {
    const octets = (hex: string): Buffer => Buffer.from(hex, 'hex');
    const publicKey = publicKeyFromField(algorithm, octets(key));
    expect(verifyOctets(algorithm, publicKey, octets(message), octets(signature))).toBe(valid);
  });
});

const zone = Name.parse('callbook.example.');
const key = generateZoneKey(13, 256);
const now = 1_700_500_000;
const set: RRset = {
  name: Name.parse('3.2.1.e164.callbook.example.'),
  type: RRType.TXT,
  class: 1,
  ttl: 300,
  rdatas: [Buffer.from('\x01a')],
};
const signed = (inception: number, expiration: number): RR =>
  signRRset(set, { key, signer: zone }, { inception, expiration });
const sig = signed(1_700_000_000, 1_701_000_000);
const refused = (code: string, check: () => void) => expect(check).toThrow(expect.objectContaining({ code }));

describe('the time of a signature', () => {
  const year = 365 * 86_400;

  it.each([
    ['over the sign bit in 2038', 2 ** 31 - 3600, 2 ** 31 + 3600],
    ['over the wrap in 2106', 2 ** 32 - 3600, 2 ** 32 + 3600],
    ['after the wrap', 2 ** 32 + year, 2 ** 32 + year + 3600],
  ])('is serial: %s', (_what, inception, expiration) => {
    const over = signed(inception, expiration);
    const at = (time: number) => () => verifyRRset(set, over, key.rdata, zone, time);
    expect(at(inception)).not.toThrow();
    expect(at((inception + expiration) / 2)).not.toThrow();
    expect(at(expiration)).not.toThrow();
    refused('SIGNATURE_NOT_YET_VALID', at(inception - 1));
    refused('SIGNATURE_EXPIRED', at(expiration + 1));
  });

  it('counts whole seconds', () => {
    expect(() => verifyRRset(set, sig, key.rdata, zone, 1_701_000_000.9)).not.toThrow();
  });
});

describe('a signature', () => {
  const changed = (change: Partial<Rrsig>): RR => ({
    ...sig,
    rdata: rrsig.write({ ...rrsig.read(sig.rdata), ...change }),
  });

  it('is refused when its owner, class, type, signer or labels do not fit the RRset', () => {
    const check =
      (other: RRset, by: RR, signer = zone) =>
      () =>
        verifyRRset(other, by, key.rdata, signer, now);
    refused('SIGNATURE_MISMATCH', check({ ...set, name: zone }, sig));
    refused('SIGNATURE_MISMATCH', check({ ...set, class: 3 }, sig));
    refused('SIGNATURE_MISMATCH', check({ ...set, type: RRType.A }, sig));
    refused('SIGNATURE_MISMATCH', check(set, changed({ labels: 7 })));
    refused('SIGNATURE_MISMATCH', check(set, changed({ labels: 1 })));
    refused('SIGNATURE_MISMATCH', check(set, changed({ keyTag: key.tag ^ 1 })));
    refused('SIGNATURE_MISMATCH', check(set, sig, Name.parse('example.')));
    const elsewhere = Name.parse('example.net.');
    refused('SIGNATURE_MISMATCH', check(set, changed({ signer: elsewhere }), elsewhere));
    refused('SIGNATURE_MALFORMED', check(set, { ...sig, type: RRType.TXT }));
    refused('SIGNATURE_MALFORMED', check(set, { ...sig, rdata: sig.rdata.subarray(0, 18) }));
  });

  it('is refused when it claims a wildcard that was never signed', () => {
    refused('SIGNATURE_INVALID', () => verifyRRset(set, changed({ labels: 5 }), key.rdata, zone, now));
  });

  it.each([
    ['without the zone flag', { flags: 0 }, 'DNSKEY_UNUSABLE'],
    ['revoked', { flags: 256 | 128 }, 'DNSKEY_UNUSABLE'],
    ['of another protocol', { protocol: 2 as 3 }, 'DNSKEY_UNUSABLE'],
    ['off its curve', { publicKey: new Uint8Array(64).fill(7) }, 'DNSKEY_MALFORMED'],
    ['of the wrong length', { publicKey: new Uint8Array(63).fill(7) }, 'DNSKEY_MALFORMED'],
  ])('is refused when made by a key %s', (_what, change, code) => {
    const rdata = Uint8Array.from(dnskey.write({ ...dnskey.read(key.rdata), flags: 256 }));
    const fields = { ...dnskey.read(key.rdata), ...change };
    rdata.set([fields.flags >> 8, fields.flags & 255, fields.protocol]);
    const other = Buffer.concat([rdata.subarray(0, 4), fields.publicKey]);
    refused(code, () => verifyRRset(set, changed({ keyTag: keyTag(other) }), other, zone, now));
  });

  it('of an algorithm that nobody should use any more is refused', () => {
    refused('ALGORITHM_UNSUPPORTED', () => verifyRRset(set, changed({ algorithm: 5 }), key.rdata, zone, now));
  });
});
