import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromBase64url } from './base64url.js';
import { jwkOf, publicKeyFromJwk } from './jwk.js';
import type { KeyKind } from './key-material.js';
import { generateKeyPair } from './key-pair.js';
import { pemOf, publicKeyFromPem } from './pem.js';
import { publicKeyFromSpki, spkiOf } from './public-key.js';
import { thumbprint } from './thumbprint.js';
import { refusalNow } from './refusal.js';

const kinds: KeyKind[] = ['ed25519', 'x25519', 'p256', 'rsa'];
const pairs = Object.fromEntries(kinds.map((kind) => [kind, generateKeyPair(kind)])) as Record<
  KeyKind,
  ReturnType<typeof generateKeyPair>
>;

const hex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'));
const base64url = (octets: Uint8Array) => Buffer.from(octets).toString('base64url');

describe.each(kinds)('a key of kind %s', (kind) => {
  const { publicKey, privateJwk } = pairs[kind];

  it('is the same after SPKI, PEM and JWK', () => {
    expect(publicKey.kind).toBe(kind);
    expect(publicKeyFromSpki(spkiOf(publicKey))).toEqual(publicKey);
    expect(publicKeyFromPem(pemOf(publicKey))).toEqual(publicKey);
    expect(publicKeyFromJwk(jwkOf(publicKey))).toEqual(publicKey);
  });

  it('reads and writes as OpenSSL does', () => {
    const theirs = createPublicKey({ key: jwkOf(publicKey) as never, format: 'jwk' });
    expect(Buffer.from(spkiOf(publicKey))).toEqual(theirs.export({ format: 'der', type: 'spki' }));
    expect(pemOf(publicKey)).toBe(theirs.export({ format: 'pem', type: 'spki' }));
    expect(jwkOf(publicKey)).toEqual(theirs.export({ format: 'jwk' }));
  });

  it('is not taken with its private members', () => {
    expect(refusalNow(() => publicKeyFromJwk(privateJwk))).toBe('KEY_WEAK');
  });

  it('has the thumbprint that jose computes', async () => {
    const { calculateJwkThumbprint } = await import('jose');
    expect(thumbprint(publicKey)).toBe(await calculateJwkThumbprint(jwkOf(publicKey) as never));
  });

  it('is refused, or is the same key, when octets of its SPKI are changed, cut or added', () => {
    const der = spkiOf(publicKey);
    for (let cut = 0; cut < der.length; cut += 1)
      expect(refusalNow(() => publicKeyFromSpki(der.subarray(0, cut)))).toBe('KEY_MALFORMED');
    expect(refusalNow(() => publicKeyFromSpki(Buffer.concat([der, Uint8Array.of(0)])))).toBe('KEY_MALFORMED');
    fc.assert(
      fc.property(fc.nat(der.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const changed = Uint8Array.from(der);
        changed[at]! ^= change;
        const code = refusalNow(() => expect(spkiOf(publicKeyFromSpki(changed))).toEqual(changed));
        expect(['none', 'KEY_MALFORMED', 'KEY_UNSUPPORTED', 'KEY_WEAK']).toContain(code);
      }),
    );
  });
});

describe('thumbprints', () => {
  it('is the one of RFC 7638 §3.1 for its RSA key, whatever else the JWK says', () => {
    const n =
      '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw';
    const key = publicKeyFromJwk({ kty: 'RSA', n, e: 'AQAB', alg: 'RS256', kid: '2011-04-29' });
    expect(thumbprint(key)).toBe('NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs');
  });

  it('is the one of RFC 8037 A.3 for its Ed25519 key', () => {
    const key = publicKeyFromJwk({ kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' });
    expect(thumbprint(key)).toBe('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k');
  });
});

describe('keys that are refused', () => {
  const okp = (crv: string, octets: Uint8Array) => publicKeyFromJwk({ kty: 'OKP', crv, x: base64url(octets) });

  it.each([
    // Public keys of the group LowOrderPublic of Wycheproof's x25519.json.
    '0000000000000000000000000000000000000000000000000000000000000000',
    '0100000000000000000000000000000000000000000000000000000000000000',
    'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
    '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
    'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b880',
    '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f11d7',
    'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    '0000000000000000000000000000000000000000000000000000000000000080',
  ])('an X25519 point of low order: %s', (point) => {
    expect(refusalNow(() => okp('X25519', hex(point)))).toBe('KEY_WEAK');
  });

  it.each([
    '0000000000000000000000000000000000000000000000000000000000000000',
    '0100000000000000000000000000000000000000000000000000000000000000',
    'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  ])('an Ed25519 point of low order: %s', (point) => {
    expect(refusalNow(() => okp('Ed25519', hex(point)))).toBe('KEY_WEAK');
  });

  it('an Ed25519 encoding of no point', () => {
    // y = 2: (y² − 1)/(dy² + 1) has no root.
    expect(refusalNow(() => okp('Ed25519', hex(`02${'00'.repeat(31)}`)))).toBe('KEY_WEAK');
  });

  it('25519 keys in another than their shortest form', () => {
    expect(refusalNow(() => okp('Ed25519', hex(`f0${'ff'.repeat(30)}7f`)))).toBe('KEY_MALFORMED');
    expect(refusalNow(() => okp('X25519', hex(`f0${'ff'.repeat(30)}7f`)))).toBe('KEY_MALFORMED');
    const [x] = [fromBase64url((jwkOf(pairs.x25519.publicKey) as { x: string }).x)!];
    x[31]! |= 0x80;
    expect(refusalNow(() => okp('X25519', x))).toBe('KEY_MALFORMED');
  });

  // Wycheproof json_web_key.json, groups of the same names.
  const [x, y] = ['04N0xi21hshyvBp7I167sbE_bXqyqkAPfefdklMO7wY', 'UI8exy-C06a7DUnjIdENkxeFtHM4-l_41LqEw9nVgmw'];
  it.each([
    ['invalid_point', { kty: 'EC', crv: 'P-256', x, y: 'UI8exy-C06a7DUnjIdENkxeFtHM4-l_41LqEw9nVgnw' }, 'KEY_WEAK'],
    ['wrong_curve', { kty: 'EC', crv: 'P-384', x, y }, 'KEY_UNSUPPORTED'],
    ['wrong_kty', { kty: 'RSA', crv: 'P-256', x, y }, 'KEY_MALFORMED'],
    [
      'jws_rsa_roca_key',
      {
        kty: 'RSA',
        e: 'AQAB',
        n: 'AanFpofbj7KjD4Lf-N2hVMKR7yewSyXhhbirIMTGpfYEhZ_lnt5UoK98DnKIgArXGTu3MaW_HhFw16HGaTDUHqPrId7fe4r11CqRw09yBFuW79V8sYIwHdzCaWflUI6auImYbVfoN9_nD5n8N8SY9DwXw7mwZM9wREPXoDPgOoIWl6q_MPsp7n0zs3Z5ZaiQWOOzl1S9OhwAfSiiOwz6efnXEaxuTEtPd7BjSx7NaFka8Dx9U7YqXy2RFj1O9PjyaDGuRh7YXsX3iMUSP_wSyHQg_c_qHRtKUsNSGCT7OZg0hzm2KphtjnayKJvC64vAbROBR4Ubg6Bxg9IQVZ-QYyE',
      },
      'KEY_WEAK',
    ],
    [
      'keysize_too_small',
      {
        kty: 'RSA',
        e: 'AQAB',
        n: 'rJBIp6T1YK-RtPyvYqFFlcucqewSAA_IReSFchE8qyiQrbARqRlXWkB2DR8j_pJQnIpYELbQWZC5Cd0PTGAU8rMbar2AW6zpmBbi7aQf17lUBdt8XI9M9rq7FPVQ1dDdUXm1SVH_9qqWhvMPR422SbfHBEzCAtzK0ANDRo6qz78',
      },
      'KEY_WEAK',
    ],
    ['exponentOne', { ...jwkOf(pairs.rsa.publicKey), e: 'AQ' }, 'KEY_WEAK'],
    ['empty_key', { kty: 'oct', k: '' }, 'KEY_WEAK'],
  ])('%s', (_, jwk, code) => {
    expect(refusalNow(() => publicKeyFromJwk(jwk))).toBe(code);
  });

  it('takes the sound P-256 key of the same file', () => {
    expect(publicKeyFromJwk({ kty: 'EC', crv: 'P-256', x, y, alg: 'ES256', kid: 'kid-ec-sign' }).kind).toBe('p256');
  });

  it.each([
    ['null', null],
    ['a list', []],
    ['text', 'key'],
    ['no kty', { crv: 'Ed25519' }],
    ['a prototype instead of members', Object.create(jwkOf(pairs.ed25519.publicKey))],
    ['padding', { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo=' }],
    ['bits that are not used', { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURp' }],
    ['a short coordinate', { kty: 'EC', crv: 'P-256', x: 'AQ', y }],
    ['a leading zero', { kty: 'RSA', e: 'AAEAAQ', n: (jwkOf(pairs.rsa.publicKey) as { n: string }).n }],
  ])('a JWK that is malformed: %s', (_, jwk) => {
    expect(refusalNow(() => publicKeyFromJwk(jwk))).toBe('KEY_MALFORMED');
  });

  it('an RSA modulus with a small factor, and one that is too long', () => {
    const n = (bits: number, low: bigint) => {
      const value = (1n << BigInt(bits - 1)) + low;
      return publicKeyFromJwk({ kty: 'RSA', e: 'AQAB', n: base64url(hex(value.toString(16))) });
    };
    const remainder = 3n - ((1n << 2047n) % 3n);
    expect(refusalNow(() => n(2048, remainder % 2n === 1n ? remainder : remainder + 3n))).toBe('KEY_WEAK');
    expect(refusalNow(() => n(8200, 1n))).toBe('KEY_UNSUPPORTED');
  });

  it('other algorithms and compressed points in SPKI', () => {
    const other = (key: { export(options: { format: 'der'; type: 'spki' }): Buffer }) =>
      refusalNow(() => publicKeyFromSpki(key.export({ format: 'der', type: 'spki' })));
    expect(other(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey)).toBe('KEY_UNSUPPORTED');
    expect(other(generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey)).toBe('KEY_UNSUPPORTED');
    expect(other(generateKeyPairSync('ed448').publicKey)).toBe('KEY_UNSUPPORTED');
    const compressed = `3039301306072a8648ce3d020106082a8648ce3d030107032200${'02'}${Buffer.from(x!, 'base64url').toString('hex')}`;
    expect(refusalNow(() => publicKeyFromSpki(hex(compressed)))).toBe('KEY_UNSUPPORTED');
  });

  it('PEM that is private, of another kind, doubled or damaged', () => {
    const pem = pemOf(pairs.ed25519.publicKey);
    const secret = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }) as string;
    expect(refusalNow(() => publicKeyFromPem(secret))).toBe('KEY_WEAK');
    expect(refusalNow(() => publicKeyFromPem(pem + secret))).toBe('KEY_WEAK');
    expect(refusalNow(() => publicKeyFromPem(pem.replaceAll('PUBLIC KEY', 'CERTIFICATE')))).toBe('KEY_UNSUPPORTED');
    expect(refusalNow(() => publicKeyFromPem(pem + pem))).toBe('KEY_MALFORMED');
    expect(refusalNow(() => publicKeyFromPem(pem.replace('MCow', 'MC=w')))).toBe('KEY_MALFORMED');
    expect(refusalNow(() => publicKeyFromPem(''))).toBe('KEY_MALFORMED');
    expect(publicKeyFromPem(pem.replaceAll('\n', '\r\n'))).toEqual(pairs.ed25519.publicKey);
  });
});
