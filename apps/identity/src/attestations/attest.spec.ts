import { AttestationClaims, attestationType } from '@callbook/contracts';
import { generateKeyPair, jwkOf } from '@callbook/keys';
import { compactVerify, importJWK, type CryptoKey } from 'jose';
import { expect, it } from 'vitest';
import { attest } from './attest.js';

it('says who proved what, how, when and until when, in whole seconds', async () => {
  const { publicKey, privateJwk } = generateKeyPair('ed25519');
  const key = { kid: 'the-key', privateKey: (await importJWK(privateJwk, 'EdDSA')) as CryptoKey };
  const proof = {
    verificationId: '5f0c2d2e-8d43-4c58-9b1f-0d9c6ad4f5a1',
    identifier: 'tel:+447700900123',
    account: 'A'.repeat(43),
    method: 'sms',
  } as const;
  const now = Date.parse('2026-11-25T08:00:00.999Z');
  const jws = await attest({ key, directory: 'callbook.example', lifetime: 3_600_000 }, proof, now);

  const { payload, protectedHeader } = await compactVerify(jws, await importJWK({ ...jwkOf(publicKey) }, 'EdDSA'));
  expect(protectedHeader).toEqual({ alg: 'EdDSA', typ: attestationType, kid: 'the-key' });
  const claims: unknown = JSON.parse(new TextDecoder().decode(payload));
  expect(claims).toEqual({
    iss: 'callbook.example',
    sub: 'tel:+447700900123',
    account: proof.account,
    method: 'sms',
    sealed: true,
    iat: 1_795_593_600,
    exp: 1_795_597_200,
    jti: proof.verificationId,
  });
  expect(AttestationClaims.parse(claims)).toEqual(claims);
});
