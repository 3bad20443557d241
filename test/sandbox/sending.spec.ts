import { generateKeyPairSync } from 'node:crypto';
import { tokenGenerate } from '@vonage/jwt';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Sandbox } from './sandbox.js';
import { account, ann, ben, bothWays, privateKey, sender, vonageWithKey, vonageWithToken } from './under-test.js';

const digits = ann.slice(1);
const text = (body: string, to = digits) =>
  ({ messageType: 'text', channel: 'sms', to, from: sender, text: body }) as const;

/** What the SDK throws for an answer that is not 2xx. */
interface HttpError extends Error {
  readonly response: Response;
}
const refusal = async (sending: Promise<unknown>) => {
  const error = await sending.then(
    () => {
      throw new Error('it was taken');
    },
    (thrown: HttpError) => thrown,
  );
  const { response } = error;
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    problem: (await response.clone().json()) as Record<string, unknown>,
  };
};

describe.each(bothWays)('sending, %s', (_, start) => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await start();
  });
  afterAll(() => sandbox.stop());
  beforeEach(async () => {
    await sandbox.behave({});
    for (const number of [ann, ben]) await sandbox.empty(number);
  });

  const post = (body: unknown, headers: Record<string, string> = {}) =>
    fetch(`${sandbox.url}/v1/messages`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${btoa(`${account.apiKey}:${account.apiSecret}`)}`,
        'content-type': 'application/json',
        ...headers,
      },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  const valid = { channel: 'sms', message_type: 'text', to: digits, from: sender, text: 'hello' };

  it('puts a message of the Messages API on the phone', async () => {
    const { messageUUID } = await vonageWithKey(sandbox).messages.send({
      ...text('Hi £€ 😀'),
      clientRef: 'reference 1',
      ttl: 300,
      sms: { encodingType: 'auto' },
    });
    expect(messageUUID).toMatch(/^[0-9a-f-]{36}$/);
    expect(await sandbox.messagesTo(ann)).toMatchObject([
      {
        id: messageUUID,
        number: ann,
        from: sender,
        text: 'Hi £€ 😀',
        clientRef: 'reference 1',
        encoding: 'ucs2',
        units: 8,
        segments: 1,
      },
    ]);
    expect(await sandbox.acceptedFor(ann)).toBe(1);
    expect(await sandbox.acceptedFor(ben)).toBe(0);
  });

  it('takes a token of the application', async () => {
    const { messageUUID } = await vonageWithToken(sandbox).messages.send(text('hello'));
    expect(await sandbox.messagesTo(ann)).toMatchObject([{ id: messageUUID }]);
  });

  it('puts a message of the SMS API on the phone, in as many parts as it has segments', async () => {
    const answer = await vonageWithKey(sandbox).sms.send({ to: digits, from: sender, text: 'a'.repeat(161) });
    // The SDK passes Vonage's string on, whatever its types say.
    expect(Number(answer.messageCount)).toBe(2);
    expect(answer.messages.map(({ status }) => status)).toEqual(['0', '0']);
    expect(await sandbox.messagesTo(ann)).toMatchObject([{ segments: 2 }]);
    await expect(
      vonageWithKey(sandbox, { apiSecret: 'wrong' }).sms.send({ to: digits, from: sender, text: 'hello' }),
    ).rejects.toThrow();
    await expect(vonageWithKey(sandbox).sms.send({ to: ann, from: sender, text: 'hello' })).rejects.toThrow();
    expect(await sandbox.acceptedFor(ann)).toBe(1);
  });

  it('refuses whoever is not the account', async () => {
    const stranger = generateKeyPairSync('rsa', {
      modulusLength: 2_048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    const { applicationId } = account;
    const attempts = [
      vonageWithKey(sandbox, { apiSecret: 'wrong' }),
      vonageWithToken(sandbox, { applicationId, privateKey: stranger.privateKey }),
    ].map((vonage) => refusal(vonage.messages.send(text('hello'))));
    for (const { status, type, problem } of await Promise.all(attempts)) {
      expect(status).toBe(401);
      expect(type).toContain('application/problem+json');
      expect(problem).toMatchObject({
        type: 'https://developer.vonage.com/api-errors#unauthorized',
        title: 'Unauthorized',
      });
    }
    expect((await post(valid, { authorization: '' })).status).toBe(401);
    expect((await post(valid, { authorization: `Basic ${btoa(account.apiKey)}` })).status).toBe(401);
    expect(await sandbox.acceptedFor(ann)).toBe(0);
  });

  it('refuses a token that has expired, is of another application, or is signed with a public value', async () => {
    const now = Math.floor(Date.now() / 1_000);
    const bearer = (token: string) => post(valid, { authorization: `Bearer ${token}` });
    const old = tokenGenerate(account.applicationId, privateKey, { issued_at: now - 2_000, ttl: -1_000 });
    expect((await bearer(old)).status).toBe(401);
    expect((await bearer(tokenGenerate('another application', privateKey))).status).toBe(401);
    expect((await bearer(tokenGenerate(account.applicationId, privateKey))).status).toBe(202);
    const none = `${btoa('{"alg":"none"}')}.${btoa(JSON.stringify({ application_id: account.applicationId }))}.`;
    expect((await bearer(none.replaceAll('=', ''))).status).toBe(401);
  });

  it.each([
    ['a plus sign', { to: ann }, 'to'],
    ['a number too short', { to: '447700' }, 'to'],
    ['a number too long', { to: '4477009001231234' }, 'to'],
    ['an international prefix', { to: '00447700900123' }, 'to'],
    ['no number', { to: undefined }, 'to'],
    ['a sender too long', { from: 'TwelveLetter' }, 'from'],
    ['an empty text', { text: '' }, 'text'],
    ['1001 characters', { text: 'a'.repeat(1_001) }, 'text'],
    ['another channel', { channel: 'whatsapp' }, 'channel'],
    ['another type', { message_type: 'image' }, 'message_type'],
    ['a lifetime too short', { ttl: 19 }, 'ttl'],
    ['a webhook that is no URL', { webhook_url: 'file:///etc/passwd' }, 'webhook_url'],
    ['an unknown encoding', { sms: { encoding_type: 'morse' } }, 'sms.encoding_type'],
  ])('refuses %s and names the field', async (_what, change, field) => {
    const response = await post({ ...valid, ...change });
    expect(response.status).toBe(422);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(await response.json()).toMatchObject({
      title: 'Invalid params',
      invalid_parameters: [{ name: field, reason: expect.any(String) as string }],
    });
    expect(await sandbox.acceptedFor(ann)).toBe(0);
  });

  it('tells the SDK which parameter was wrong', async () => {
    const { status, problem } = await refusal(vonageWithKey(sandbox).messages.send(text('hello', '+1202')));
    expect(status).toBe(422);
    expect(problem['invalid_parameters']).toMatchObject([{ name: 'to' }]);
  });

  it('takes the edges of what is allowed', async () => {
    for (const change of [{ text: 'a'.repeat(1_000) }, { ttl: 20 }, { from: '12025550100' }, { unknown: true }])
      expect((await post({ ...valid, ...change })).status).toBe(202);
    expect((await post({ ...valid, to: '1202555' })).status).toBe(202);
  });

  it('does as the encoding says', async () => {
    await post({ ...valid, text: 'naïve', sms: { encoding_type: 'text' } });
    await post({ ...valid, text: 'naive', sms: { encoding_type: 'unicode' } });
    expect(await sandbox.messagesTo(ann)).toMatchObject([
      { text: 'na?ve', encoding: 'gsm7' },
      { text: 'naive', encoding: 'ucs2' },
    ]);
  });

  it('survives what is no message at all', async () => {
    expect((await post('{')).status).toBe(400);
    expect((await post('')).status).toBe(400);
    expect((await post('null')).status).toBe(422);
    expect((await post('hello', { 'content-type': 'text/html' })).status).toBe(415);
    expect((await post({ ...valid, text: 'a'.repeat(70_000) })).status).toBe(413);
    expect((await fetch(`${sandbox.url}/v1/nothing`)).status).toBe(404);
  });
});
