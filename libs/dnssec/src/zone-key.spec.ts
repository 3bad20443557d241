import { generateKeyPairSync } from 'node:crypto';
import { dnskey, Name, RRType } from '@callbook/dns';
import { describe, expect, it } from 'vitest';
import type { Algorithm } from './algorithm.js';
import { keyTag } from './key-tag.js';
import { publicKeyFromField } from './public-key.js';
import { signRRset } from './sign-rrset.js';
import { verifyRRset } from './verify-rrset.js';
import { exportZoneKey, generateZoneKey, importZoneKey } from './zone-key.js';

const algorithms: Algorithm[] = [8, 13, 14, 15];
const refused = (code: string, act: () => unknown) => expect(act).toThrow(expect.objectContaining({ code }));

describe.each(algorithms)('a zone key of algorithm %i', (algorithm) => {
  const key = generateZoneKey(algorithm, 257);

  it('shows its DNSKEY and tag', () => {
    expect(dnskey.read(key.rdata)).toMatchObject({ flags: 257, protocol: 3, algorithm });
    expect(key.tag).toBe(keyTag(key.rdata));
  });

  it('is the same key after export and import, and signs like it', () => {
    const again = importZoneKey(exportZoneKey(key), algorithm, 257);
    expect(Buffer.from(again.rdata)).toEqual(Buffer.from(key.rdata));
    const zone = Name.parse('callbook.example.');
    const set = { name: zone, type: RRType.TXT, class: 1, ttl: 300, rdatas: [Buffer.from('\x01a')] };
    const sig = signRRset(set, { key: again, signer: zone }, { inception: 0, expiration: 2 });
    expect(() => verifyRRset(set, sig, key.rdata, zone, 1)).not.toThrow();
  });

  it('is not taken for one of another algorithm', () => {
    const other = algorithms.find((candidate) => candidate !== algorithm) as Algorithm;
    refused('ZONE_KEY_MISMATCH', () => importZoneKey(exportZoneKey(key), other, 257));
  });
});

describe('making a key', () => {
  it('tries again while its tag, or the tag it will have when revoked, is taken in the zone', () => {
    const pairs = [0, 1, 2].map(() => generateKeyPairSync('ed25519').privateKey);
    const made = pairs.map((privateKey) => generateZoneKey(15, 256, [], () => privateKey));
    const [first, second, third] = made.map(({ tag }) => tag) as [number, number, number];
    const remaining = [...pairs];
    const next = () => remaining.shift() ?? (pairs[2] as (typeof pairs)[number]);
    // Setting REVOKE adds 128 to the sum (RFC 5011 §2.1); no carry can occur twice.
    const secondRevoked = ((second + 128) & 0xffff) + (second + 128 > 0xffff ? 1 : 0);
    expect(generateZoneKey(15, 256, [first, secondRevoked], next).tag).toBe(third);
  });

  it('gives up on a generator that always makes the same key', () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    const { tag } = generateZoneKey(15, 256, [], () => privateKey);
    refused('KEY_TAGS_EXHAUSTED', () => generateZoneKey(15, 256, [tag], () => privateKey));
  });

  it('refuses what is no PKCS#8 key, and RSA keys too short to sign with', () => {
    refused('ZONE_KEY_MISMATCH', () => importZoneKey(Buffer.from('not a key'), 13, 256));
    const short = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
    refused('DNSKEY_WEAK', () => importZoneKey(short.export({ type: 'pkcs8', format: 'der' }), 8, 256));
  });
});

describe('an RSA public key field', () => {
  const modulus = Buffer.alloc(128, 0xa5);

  it('may have a long exponent length (RFC 3110 §2)', () => {
    expect(publicKeyFromField(8, Buffer.concat([Buffer.from([0, 0, 3, 1, 0, 1]), modulus])).type).toBe('public');
  });

  it.each([
    ['no exponent', Buffer.from([0, 0, 0])],
    ['a padded exponent', Buffer.from([4, 0, 1, 0, 1])],
    ['an exponent that makes checking dear', Buffer.concat([Buffer.from([64]), Buffer.alloc(64, 0xff)])],
  ])('is refused with %s', (_what, exponent) => {
    refused('DNSKEY_MALFORMED', () => publicKeyFromField(8, Buffer.concat([exponent, modulus])));
  });

  it('is refused with a padded, short, long or missing modulus', () => {
    for (const bad of [Buffer.alloc(0), Buffer.alloc(128), Buffer.alloc(63, 1), Buffer.alloc(513, 1)]) {
      refused('DNSKEY_MALFORMED', () => publicKeyFromField(8, Buffer.concat([Buffer.from([3, 1, 0, 1]), bad])));
    }
  });
});
