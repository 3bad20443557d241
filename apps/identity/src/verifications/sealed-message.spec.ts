import { verificationSealInfo } from '@callbook/contracts';
import { generateKeyPair, gsm7Septets, jwkOf, openSecret, sealedFromSms } from '@callbook/keys';
import { describe, expect, it } from 'vitest';
import { sealedMessage } from './sealed-message.js';
import { sameHash, secretHash } from './secret.js';

const directory = 'callbook.example';
const id = '5f0c2d2e-8d43-4c58-9b1f-0d9c6ad4f5a1';
const identifier = 'tel:+447700900123';
const deps = { directory, newId: () => 'the-message', randomBytes: (octets: number) => new Uint8Array(octets).fill(7) };
const sealedTo = (kind: 'x25519' | 'p256' | 'rsa') => {
  const { publicKey, privateJwk } = generateKeyPair(kind);
  return { privateJwk, made: sealedMessage(deps, { id, identifier, encryptionKey: { ...jwkOf(publicKey) } }) };
};

describe.each(['x25519', 'p256', 'rsa'] as const)('a secret sealed to a key of kind %s', (kind) => {
  it('opens to what the hash was made of', async () => {
    const { privateJwk, made } = sealedTo(kind);
    const { message, secretHash: kept } = await made;
    const info = verificationSealInfo(directory, id, identifier);
    const secret = await openSecret(sealedFromSms(message.text), privateJwk, { info });
    expect(secret).toEqual(new Uint8Array(16).fill(7));
    expect(sameHash(kept, secretHash(id, secret))).toBe(true);
  });

  it.each([
    ['directory', verificationSealInfo('another.example', id, identifier)],
    ['verification', verificationSealInfo(directory, '5f0c2d2e-8d43-4c58-9b1f-0d9c6ad4f5a2', identifier)],
    ['identifier', verificationSealInfo(directory, id, 'tel:+447700900124')],
  ])('does not open for another %s', async (_, info) => {
    const { privateJwk, made } = sealedTo(kind);
    const { message } = await made;
    await expect(openSecret(sealedFromSms(message.text), privateJwk, { info })).rejects.toMatchObject({
      code: 'SEAL_BROKEN',
    });
  });

  it('fits what the provider takes', async () => {
    const { message } = await sealedTo(kind).made;
    expect(gsm7Septets(message.text)).toBeLessThanOrEqual(kind === 'rsa' ? 1_000 : 160);
  });
});
