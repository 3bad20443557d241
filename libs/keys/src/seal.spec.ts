import { generateKeyPairSync, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import type { JWK } from 'jose';
import { describe, expect, it } from 'vitest';
import { suites } from './hpke.js';
import { generateKeyPair } from './key-pair.js';
import { publicKeyFromSpki } from './public-key.js';
import { refusal } from './refusal.js';
import { openSecret, sealSecret } from './seal.js';

const hex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'));
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pairs = {
  x25519: generateKeyPair('x25519'),
  p256: generateKeyPair('p256'),
  rsa: {
    publicKey: publicKeyFromSpki(rsa.publicKey.export({ format: 'der', type: 'spki' })),
    privateJwk: rsa.privateKey.export({ format: 'jwk' }) as JWK,
  },
};
const context = { info: 'callbook verification secret v1\ncallbook.example\n1\ntel:+447700900123' };

describe.each(['x25519', 'p256', 'rsa'] as const)('a secret sealed to a key of kind %s', (kind) => {
  const { publicKey, privateJwk } = pairs[kind];

  it('opens with the private key, and only in the same context', async () => {
    const secret = randomBytes(16);
    const sealed = await sealSecret(secret, publicKey, context);
    expect(Buffer.from(await openSecret(sealed, privateJwk, context))).toEqual(secret);
    expect(await refusal(() => openSecret(sealed, privateJwk, { info: `${context.info} ` }))).toBe('SEAL_BROKEN');
  });

  it('opens although the private JWK is marked for signing', async () => {
    const sealed = await sealSecret(Uint8Array.of(1), publicKey, context);
    const marked = { ...privateJwk, use: 'sig', alg: 'RS256', key_ops: ['sign'] };
    expect(await openSecret(sealed, marked, context)).toEqual(Uint8Array.of(1));
  });

  it('has the stated size and is another each time', async () => {
    const [one, two] = [
      await sealSecret(randomBytes(16), publicKey, context),
      await sealSecret(randomBytes(16), publicKey, context),
    ];
    expect(one.length).toBe({ x25519: 64, p256: 97, rsa: 256 }[kind]);
    expect(Buffer.compare(one, two)).not.toBe(0);
  });

  it('does not open with another key', async () => {
    const sealed = await sealSecret(randomBytes(16), publicKey, context);
    const other = kind === 'rsa' ? pairs.p256.privateJwk : generateKeyPair(kind).privateJwk;
    expect(await refusal(() => openSecret(sealed, other, context))).toBe('SEAL_BROKEN');
  });

  it('does not open once an octet is changed, cut or added', async () => {
    const sealed = await sealSecret(randomBytes(16), publicKey, context);
    await fc.assert(
      fc.asyncProperty(fc.nat(sealed.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const changed = Uint8Array.from(sealed);
        changed[at]! ^= change;
        // X25519 does not look at the top bit of a point (RFC 7748 §5), but HPKE binds the octets as they came (RFC 9180 §4.1).
        expect(await refusal(() => openSecret(changed, privateJwk, context))).toBe('SEAL_BROKEN');
      }),
      { numRuns: 40 },
    );
    for (const damaged of [
      sealed.subarray(0, 0),
      sealed.subarray(0, 40),
      sealed.subarray(0, -1),
      Buffer.concat([sealed, sealed]),
    ])
      expect(await refusal(() => openSecret(damaged, privateJwk, context))).toBe('SEAL_BROKEN');
  });
});

it('nothing is sealed to a key that only signs', async () => {
  const { publicKey, privateJwk } = generateKeyPair('ed25519');
  expect(await refusal(() => sealSecret(randomBytes(16), publicKey, context))).toBe('KEY_UNSUPPORTED');
  expect(await refusal(() => openSecret(randomBytes(64), privateJwk, context))).toBe('KEY_UNSUPPORTED');
});

it('a secret too long for RSA is refused, and the longest is not', async () => {
  expect(await refusal(() => sealSecret(randomBytes(191), pairs.rsa.publicKey, context))).toBe('SECRET_TOO_LONG');
  expect(await refusal(() => sealSecret(randomBytes(190), pairs.rsa.publicKey, context))).toBe('none');
});

it.each([
  ['public', (jwk: JWK) => ({ ...jwk, d: undefined })],
  ['short', (jwk: JWK) => ({ ...jwk, d: 'AQ' })],
  ['not base64url', (jwk: JWK) => ({ ...jwk, d: '!' })],
])('a private JWK that is %s is refused', async (_, spoil) => {
  for (const { privateJwk } of [pairs.x25519, pairs.p256])
    expect(await refusal(() => openSecret(randomBytes(97), spoil(privateJwk) as JWK, context))).toBe('KEY_MALFORMED');
});

it('no warning is printed', async () => {
  const warnings: Error[] = [];
  process.on('warning', (warning) => warnings.push(warning));
  for (const { publicKey } of Object.values(pairs)) await sealSecret(randomBytes(16), publicKey, context);
  await new Promise(setImmediate);
  expect(warnings).toEqual([]);
});

describe('test vectors of RFC 9180, base mode, HKDF-SHA256, AES-128-GCM', () => {
  // A.1.1 and A.3.1, encryption with sequence number 0.
  const info = hex('4f6465206f6e2061204772656369616e2055726e');
  const aad = hex('436f756e742d30');
  const plain = hex('4265617574792069732074727574682c20747275746820626561757479');

  it.each([
    {
      kind: 'x25519',
      skR: '4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8',
      enc: '37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431',
      ct: 'f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a',
    },
    {
      kind: 'p256',
      skR: 'f3ce7fdae57e1a310d87f1ebbde6f328be0a99cdbcadf4d6589cf29de4b8ffd2',
      enc: '04a92719c6195d5085104f469a8b9814d5838ff72b60501e2c4466e5e67b325ac98536d7b61a1af4b78e5b7f951c0900be863c403ce65c9bfcb9382657222d18c4',
      ct: '5ad590bb8baa577f8619db35a36311226a896e7342a6d836d8b7bcd2f20b6c7f9076ac232e3ab2523f39513434',
    },
  ] as const)('$kind', async ({ kind, skR, enc, ct }) => {
    const suite = suites[kind];
    const recipientKey = await suite.kem.deserializePrivateKey(hex(skR));
    const opened = await suite.open({ recipientKey, enc: hex(enc), info }, hex(ct), aad);
    expect(new Uint8Array(opened)).toEqual(plain);
  });
});
