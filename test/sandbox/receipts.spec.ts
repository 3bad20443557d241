import { createHash, generateKeyPairSync } from 'node:crypto';
import { verifySignature } from '@vonage/jwt';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import forge from 'node-forge';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from './sandbox.js';
import { account, ann, bothWays, sender, vonageWithKey } from './under-test.js';
import { startReceiver, type Webhook } from './webhook-receiver.js';

const tokenOf = ({ authorization = '' }: Webhook) => authorization.replace(/^Bearer /, '');
const claimsOf = (webhook: Webhook) => decodeJwt<Record<string, string>>(tokenOf(webhook));
const hashOf = ({ body }: Webhook) => createHash('sha256').update(body).digest('hex');
const isSigned = (webhook: Webhook) =>
  verifySignature(tokenOf(webhook), account.signatureSecret) && claimsOf(webhook)['payload_hash'] === hashOf(webhook);
const bodyOf = ({ body }: Webhook) => JSON.parse(body) as Record<string, unknown>;
const statusesOf = (webhooks: readonly Webhook[]) => webhooks.map((webhook) => bodyOf(webhook)['status']);

describe.each(bothWays)('delivery receipts, %s', (_, start) => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await start();
  });
  afterAll(() => sandbox.stop());

  const running: { stop(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const each of running.splice(0)) await each.stop();
  });

  /** A receiver for the messages of one test. */
  async function receiving(answers: number[] = [], tls?: { key: string; cert: string }) {
    const receiver = await startReceiver(answers, tls);
    running.push(receiver);
    return receiver;
  }
  const send = (more: { webhookUrl?: string; clientRef?: string; text?: string }, to: Pick<Sandbox, 'url'> = sandbox) =>
    vonageWithKey(to).messages.send({
      messageType: 'text',
      channel: 'sms',
      to: ann.slice(1),
      from: sender,
      text: 'hello',
      ...more,
    });

  it('tell of a message that it was submitted and then delivered, signed over their body', async () => {
    await sandbox.behave({});
    const receiver = await receiving();
    const { messageUUID } = await send({ webhookUrl: receiver.url, clientRef: 'reference 1', text: 'a'.repeat(161) });
    const webhooks = await receiver.received(2);
    expect(statusesOf(webhooks)).toEqual(['submitted', 'delivered']);
    for (const webhook of webhooks) {
      expect(isSigned(webhook)).toBe(true);
      expect(verifySignature(tokenOf(webhook), 'another secret')).toBe(false);
      expect(decodeProtectedHeader(tokenOf(webhook))).toEqual({ typ: 'JWT', alg: 'HS256' });
      expect(claimsOf(webhook)).toMatchObject({
        iss: 'Vonage',
        api_key: account.apiKey,
        application_id: account.applicationId,
      });
      expect(Math.abs(Date.now() / 1_000 - Number(claimsOf(webhook)['iat']))).toBeLessThan(10);
      expect(bodyOf(webhook)).toMatchObject({
        message_uuid: messageUUID,
        to: ann.slice(1),
        from: sender,
        channel: 'sms',
        client_ref: 'reference 1',
        usage: { currency: 'EUR', price: '0.0666' },
        sms: { count_total: '2' },
      });
      expect(bodyOf(webhook)['timestamp']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    }
    expect(new Set(webhooks.map((webhook) => claimsOf(webhook)['jti'])).size).toBe(2);
  });

  it('go to the URL that the message names, else to the one that was configured', async () => {
    const configured = await receiving();
    const named = await receiving();
    const another = await start({ webhookUrl: configured.url });
    running.push(another);
    await send({ webhookUrl: `${named.url}/of/this/message` }, another);
    expect((await named.received(2)).map(({ path }) => path)).toEqual([
      '/hooks/of/this/message',
      '/hooks/of/this/message',
    ]);
    expect(configured.webhooks).toHaveLength(0);
    await send({}, another);
    expect(statusesOf(await configured.received(2))).toEqual(['submitted', 'delivered']);
  });

  it.each([
    ['undeliverable', '1260'],
    ['rejected', '1290'],
  ] as const)('tell why a message was %s', async (outcome, code) => {
    await sandbox.behave({ numbers: { [ann]: outcome } });
    const receiver = await receiving();
    await send({ webhookUrl: receiver.url });
    const [submitted, final] = await receiver.received(2);
    expect(bodyOf(submitted!)['status']).toBe('submitted');
    expect(bodyOf(final!)).toMatchObject({
      status: outcome,
      error: { type: `https://developer.vonage.com/api-errors/messages#${code}`, title: code },
    });
  });

  it('are repeated until they are answered with 2xx, signed afresh each time', async () => {
    await sandbox.behave({ numbers: { [ann]: 'lost' } });
    const receiver = await receiving([503, 401]);
    await send({ webhookUrl: receiver.url });
    const webhooks = await receiver.received(3);
    expect(statusesOf(webhooks)).toEqual(['submitted', 'submitted', 'submitted']);
    expect(webhooks.every(isSigned)).toBe(true);
    expect(new Set(webhooks.map(({ body }) => body)).size).toBe(1);
    expect(new Set(webhooks.map((webhook) => claimsOf(webhook)['jti'])).size).toBe(3);
  });

  it('do not wait for one that has to be repeated', async () => {
    await sandbox.behave({});
    const receiver = await receiving([500]);
    await send({ webhookUrl: receiver.url });
    expect(statusesOf(await receiver.received(3))).toEqual(['submitted', 'delivered', 'submitted']);
  });

  it('come twice when they are duplicated', async () => {
    await sandbox.behave({ receipts: { duplicate: true } });
    const receiver = await receiving();
    await send({ webhookUrl: receiver.url });
    const webhooks = await receiver.received(4);
    expect(statusesOf(webhooks)).toEqual(['submitted', 'submitted', 'delivered', 'delivered']);
    expect(webhooks.every(isSigned)).toBe(true);
  });

  it('come in the wrong order when they are reversed', async () => {
    await sandbox.behave({ receipts: { reverse: true } });
    const receiver = await receiving();
    await send({ webhookUrl: receiver.url });
    expect(statusesOf(await receiver.received(2))).toEqual(['delivered', 'submitted']);
  });

  it('come late when they are held back', async () => {
    await sandbox.behave({ receipts: { delayMs: 200 } });
    const receiver = await receiving();
    const began = performance.now();
    await send({ webhookUrl: receiver.url });
    await receiver.received(1);
    expect(performance.now() - began).toBeGreaterThan(190);
  });

  it('can be unsigned, forged, tampered with or stale', async () => {
    await sandbox.behave({});
    const receiver = await receiving();
    const next = async (signature: 'absent' | 'wrong-secret' | 'wrong-hash' | 'stale') => {
      await sandbox.behave({ receipts: { signature }, numbers: { [ann]: 'lost' } });
      const count = receiver.webhooks.length + 1;
      await send({ webhookUrl: receiver.url });
      return (await receiver.received(count)).at(-1)!;
    };
    expect((await next('absent')).authorization).toBeUndefined();
    expect(verifySignature(tokenOf(await next('wrong-secret')), account.signatureSecret)).toBe(false);
    const tampered = await next('wrong-hash');
    expect(verifySignature(tokenOf(tampered), account.signatureSecret)).toBe(true);
    expect(isSigned(tampered)).toBe(false);
    const stale = await next('stale');
    expect(isSigned(stale)).toBe(true);
    expect(Date.now() / 1_000 - Number(claimsOf(stale)['iat'])).toBeGreaterThan(3_500);
  });

  it('reach a receiver with a certificate of an authority that was named, and no other', async () => {
    const tls = selfSigned();
    const receiver = await receiving([], tls);
    const trusting = await start({ ca: tls.cert });
    running.push(trusting);
    await send({ webhookUrl: receiver.url });
    const { messageUUID } = await send({ webhookUrl: receiver.url }, trusting);
    const webhooks = await receiver.received(2);
    expect(webhooks.map((webhook) => bodyOf(webhook)['message_uuid'])).toEqual([messageUUID, messageUUID]);
  });
});

/** A key of its own authority, for `localhost`. */
function selfSigned(): { key: string; cert: string } {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2_048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(publicKey);
  certificate.serialNumber = '01';
  certificate.validity.notBefore = new Date(Date.now() - 3_600_000);
  certificate.validity.notAfter = new Date(Date.now() + 3_600_000);
  const name = [{ name: 'commonName', value: 'localhost' }];
  certificate.setSubject(name);
  certificate.setIssuer(name);
  certificate.setExtensions([
    { name: 'basicConstraints', cA: true },
    { name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] },
  ]);
  certificate.sign(forge.pki.privateKeyFromPem(privateKey), forge.md.sha256.create());
  return { key: privateKey, cert: forge.pki.certificateToPem(certificate) };
}
