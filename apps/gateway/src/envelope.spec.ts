import { FlattenedSign, generateKeyPair, exportJWK, type JWK } from 'jose';
import { describe, expect, it } from 'vitest';
import { readEnvelope, requestAlgorithms, verifiedPayload } from './envelope.js';

const url = 'https://api.callbook.example/v1/verifications';

async function signed(alg: string, header: Record<string, unknown> = {}, payload = '{}') {
  const { privateKey, publicKey } = await generateKeyPair(alg, {
    extractable: true,
    ...(alg === 'EdDSA' && { crv: 'Ed25519' }),
  });
  const jwk = await exportJWK(publicKey);
  const jws = await new FlattenedSign(new TextEncoder().encode(payload))
    .setProtectedHeader({ alg, nonce: 'n', url, jwk, ...header })
    .sign(privateKey);
  return { body: JSON.stringify(jws), jws, jwk: jwk as JWK & { kty: 'OKP' | 'EC' | 'RSA' } };
}
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('a signed request', () => {
  it.each(requestAlgorithms)('by %s yields its payload', async (alg) => {
    const { body, jwk } = await signed(alg, {}, '{"a":1}');
    expect(Buffer.from(await verifiedPayload(readEnvelope(body), jwk)).toString()).toBe('{"a":1}');
  });

  it('by someone else’s key is refused', async () => {
    const { body } = await signed('ES256');
    await expect(verifiedPayload(readEnvelope(body), (await signed('ES256')).jwk)).rejects.toMatchObject({
      code: 'SIGNATURE_INVALID',
    });
  });

  it('by a key of another kind than its algorithm is refused', async () => {
    const { body } = await signed('ES256');
    await expect(verifiedPayload(readEnvelope(body), (await signed('EdDSA')).jwk)).rejects.toMatchObject({
      code: 'SIGNATURE_INVALID',
    });
  });

  it('whose payload or header was changed is refused', async () => {
    const { jws, jwk } = await signed('EdDSA');
    const header = JSON.parse(Buffer.from(jws.protected!, 'base64url').toString()) as object;
    for (const changed of [
      { ...jws, payload: encode({ b: 1 }) },
      { ...jws, protected: encode({ ...header, nonce: 'm' }) },
    ]) {
      await expect(verifiedPayload(readEnvelope(JSON.stringify(changed)), jwk)).rejects.toMatchObject({
        code: 'SIGNATURE_INVALID',
      });
    }
  });
});

describe('a request is malformed', async () => {
  const { jws, jwk } = await signed('ES256');
  const withHeader = (header: object) =>
    JSON.stringify({ ...jws, protected: encode({ alg: 'ES256', nonce: 'n', url, ...header }) });

  it.each([
    ['when it is not JSON', 'hello'],
    ['when it is an array', '[]'],
    ['with an unprotected header (RFC 8555 §6.2)', JSON.stringify({ ...jws, header: { kid: 'x' } })],
    ['with more than one signature', JSON.stringify({ payload: jws.payload, signatures: [] })],
    ['with neither jwk nor kid', withHeader({})],
    ['with both jwk and kid', withHeader({ jwk, kid: 'x' })],
    ['without a url', JSON.stringify({ ...jws, protected: encode({ alg: 'ES256', nonce: 'n', jwk }) })],
    ['without a nonce', JSON.stringify({ ...jws, protected: encode({ alg: 'ES256', url, jwk }) })],
    ['with a header parameter that it says is critical', withHeader({ jwk, crit: ['b64'], b64: false })],
    ['when its header is not JSON', JSON.stringify({ ...jws, protected: 'AAAA' })],
  ])('%s', (_, body) => {
    expect(() => readEnvelope(body)).toThrow(expect.objectContaining({ code: 'JWS_MALFORMED' }));
  });

  it.each(['none', 'HS256', 'ES384', 'RS1', ''])('when its algorithm is %j', (alg) => {
    expect(() => readEnvelope(withHeader({ jwk, alg }))).toThrow(expect.objectContaining({ code: 'JWS_ALGORITHM' }));
  });
});
