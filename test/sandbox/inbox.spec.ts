import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Sandbox } from './sandbox.js';
import { ann, ben, bothWays, sender, vonageWithKey } from './under-test.js';

describe.each(bothWays)('the inbox of a phone, %s', (_, start) => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await start();
  });
  afterAll(() => sandbox.stop());
  beforeEach(async () => {
    for (const number of [ann, ben]) await sandbox.empty(number);
  });

  const send = (number: string, text: string) =>
    vonageWithKey(sandbox).messages.send({
      messageType: 'text',
      channel: 'sms',
      to: number.slice(1),
      from: sender,
      text,
    });

  it('lists its messages, oldest first, and those after a position', async () => {
    await send(ann, 'one');
    const after = await sandbox.position();
    await send(ben, 'for Ben');
    await send(ann, 'two');
    expect((await sandbox.messagesTo(ann)).map(({ text }) => text)).toEqual(['one', 'two']);
    expect(await sandbox.waitForMessage(ann, { after })).toMatchObject({ text: 'two' });
    const answer = await fetch(`${sandbox.url}/phones/${ann}/messages?after=${after}`);
    expect(await answer.json()).toMatchObject({ number: ann, accepted: 2, messages: [{ text: 'two' }] });
  });

  it('answers whoever waits as soon as a message has arrived', async () => {
    const waiting = sandbox.waitForMessage(ann, { after: await sandbox.position(), timeoutMs: 10_000 });
    await send(ben, 'for Ben');
    await send(ann, 'for Ann');
    expect(await waiting).toMatchObject({ text: 'for Ann' });
  });

  it('says so when no message has arrived in time', async () => {
    await expect(sandbox.waitForMessage(ann, { timeoutMs: 100 })).rejects.toThrow('no message reached +447700900123');
  });

  it('is empty after it was emptied', async () => {
    await send(ann, 'one');
    await sandbox.empty(ann);
    expect(await sandbox.messagesTo(ann)).toEqual([]);
    expect(await sandbox.acceptedFor(ann)).toBe(0);
  });

  it('refuses what is no number, position or time to wait', async () => {
    for (const path of [
      '/phones/447700900123/messages',
      `/phones/${ann}/messages?after=-1`,
      `/phones/${ann}/messages?wait=61`,
    ])
      expect((await fetch(sandbox.url + path)).status).toBe(422);
  });

  it('is a page on which a message is text and nothing else', async () => {
    await send(ann, '<script>alert("x")</script> & \'y\'');
    await send(ann, 'newer');
    const answer = await fetch(sandbox.url);
    const page = await answer.text();
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(answer.headers.get('content-security-policy')).toContain(
      "default-src 'none'; style-src 'self'; script-src 'self'",
    );
    expect(page).toContain('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; &#39;y&#39;');
    expect(page).not.toContain('<script>');
    expect(page).toContain(`<h2>${ann}</h2>`);
    expect(page.indexOf('newer')).toBeLessThan(page.indexOf('alert('));
    expect(page).toContain('33 septets, GSM-7 · 1 segment');
    for (const [path, type] of [
      ['/inbox.css', 'text/css'],
      ['/inbox.js', 'text/javascript'],
    ] as const)
      expect((await fetch(sandbox.url + path)).headers.get('content-type')).toContain(type);
  });

  it('tells the page when a message has arrived on any phone', async () => {
    const position = await sandbox.position();
    const waiting = fetch(`${sandbox.url}/phones?wait=10&after=${position}`);
    await send(ben, 'hello');
    expect(await (await waiting).json()).toMatchObject({
      position: position + 1,
      phones: [{ number: ben, messages: 1 }],
    });
  });
});

describe.each(bothWays)('a sandbox that is stopped, %s', (_, start) => {
  it('ends although a phone is waited for, an answer is overdue and a request hangs', async () => {
    const sandbox = await start();
    await sandbox.behave({ delayMs: 60_000, faults: [{ answer: 'timeout' }] });
    const hanging = [
      fetch(`${sandbox.url}/phones/${ann}/messages?wait=60`),
      fetch(`${sandbox.url}/v1/messages`, { method: 'POST' }),
      fetch(`${sandbox.url}/v1/messages`, { method: 'POST' }),
    ].map((request) => request.then((response) => response.status).catch(() => 'cut off'));
    await new Promise((resume) => setTimeout(resume, 200));
    const began = performance.now();
    await sandbox.stop();
    expect(performance.now() - began).toBeLessThan(10_000);
    await Promise.all(hanging);
  });
});
