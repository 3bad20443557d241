import { createHash, createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { verifyWebhook } from './webhook-signature.js';

const secret = 'a signature secret of the account';
/** The SDK looks at the real clock where a token has an `exp`; these have none. */
const now = Date.parse('2026-11-25T08:00:00Z');
const body = '{"status":"delivered"}';

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');
const claims = { iss: 'Vonage', iat: now / 1_000, jti: 'x', payload_hash: hashOf(body) };

function bearer(change: object = {}, options: { alg?: string; secret?: string } = {}): string {
  const { alg = 'HS256', secret: key = secret } = options;
  const signed = `${part({ alg, typ: 'JWT' })}.${part({ ...claims, ...change })}`;
  return `Bearer ${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`;
}

const outcome = (authorization: string, text = body, time = now) => {
  try {
    verifyWebhook({ authorization, body: text }, secret, time);
  } catch (error) {
    return (error as { code: string }).code;
  }
  return 'taken';
};

it('takes a webhook that the provider signed', () => {
  expect(outcome(bearer())).toBe('taken');
});

describe('refuses', () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const rs256 = () => {
    const signed = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}`;
    return `Bearer ${signed}.${sign('sha256', Buffer.from(signed), privateKey).toString('base64url')}`;
  };
  const unsignedToken = `Bearer ${part({ alg: 'none' })}.${part(claims)}.x`;

  it.each([
    ['nothing at all', ''],
    ['another scheme', bearer().replace('Bearer', 'Basic')],
    ['what is no token', 'Bearer a.b.c'],
    ['a token without signature', unsignedToken],
    ['another secret', bearer({}, { secret: 'a signature secret of another' })],
    ['RS256', rs256()],
    ['another algorithm named over a good signature', bearer({}, { alg: 'HS512' })],
    ['no hash of the body', bearer({ payload_hash: undefined })],
    ['a hash of another body', bearer({ payload_hash: hashOf('{"status":"rejected"}') })],
    ['no time', bearer({ iat: undefined })],
    ['a time that is no number', bearer({ iat: 'now' })],
  ])('%s', (_, authorization) => {
    expect(outcome(authorization)).toBe('WEBHOOK_UNSIGNED');
  });

  it('another body under a good token', () => {
    expect(outcome(bearer(), `${body} `)).toBe('WEBHOOK_UNSIGNED');
  });

  it('a token older than five minutes, or from the future', () => {
    expect(outcome(bearer(), body, now + 5 * 60_000)).toBe('taken');
    expect(outcome(bearer(), body, now + 5 * 60_000 + 1)).toBe('WEBHOOK_UNSIGNED');
    expect(outcome(bearer(), body, now - 60_001)).toBe('WEBHOOK_UNSIGNED');
  });

  it('a token changed in any one character', () => {
    const good = bearer();
    for (let i = 'Bearer '.length; i < good.length - 1; i += 1) {
      const changed = good.slice(0, i) + (good[i] === 'A' ? 'B' : 'A') + good.slice(i + 1);
      expect(outcome(changed), `character ${i}`).toBe('WEBHOOK_UNSIGNED');
    }
  });
});
