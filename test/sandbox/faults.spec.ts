import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { BehaviourInput } from './behaviour.js';
import type { Sandbox } from './sandbox.js';
import { ann, bothWays, sender, vonageWithKey } from './under-test.js';

describe.each(bothWays)('a network that misbehaves, %s', (_, start) => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await start();
  });
  afterAll(() => sandbox.stop());
  beforeEach(async () => {
    await sandbox.behave({});
    await sandbox.empty(ann);
  });

  /** What a sender sees: the status of the answer, or the name of what came instead. */
  const outcomeOfSending = (timeout?: number) =>
    vonageWithKey(sandbox, { timeout })
      .messages.send({ messageType: 'text', channel: 'sms', to: ann.slice(1), from: sender, text: 'hello' })
      .then(
        () => 202,
        (error: Error & { response?: Response }) => error.response?.status ?? error.name,
      );

  describe.each([
    [429, 429],
    [500, 500],
    [502, 502],
    [503, 503],
    ['timeout', 'AbortError', 1_000],
    ['reset', 'FetchError'],
  ] as const)('with %s', (answer, seen, timeout?: number) => {
    it('it did not happen', async () => {
      await sandbox.behave({ faults: [{ answer }] });
      expect(await outcomeOfSending(timeout)).toBe(seen);
      expect(await sandbox.acceptedFor(ann)).toBe(0);
      expect(await outcomeOfSending()).toBe(202);
    });

    it('it happened, but the sender is told that it did not', async () => {
      await sandbox.behave({ faults: [{ answer, when: 'after' }] });
      expect(await outcomeOfSending(timeout)).toBe(seen);
      expect(await sandbox.messagesTo(ann)).toHaveLength(1);
      expect(await outcomeOfSending()).toBe(202);
      expect(await sandbox.messagesTo(ann)).toHaveLength(2);
    });
  });

  it('goes through its faults in order, each as often as it says', async () => {
    await sandbox.behave({
      faults: [
        { answer: 500, times: 2 },
        { answer: 429, retryAfter: 7 },
      ],
    });
    expect([await outcomeOfSending(), await outcomeOfSending()]).toEqual([500, 500]);
    const response = await fetch(`${sandbox.url}/v1/messages`, { method: 'POST' });
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '7']);
    expect(await outcomeOfSending()).toBe(202);
  });

  it('gives each of parallel requests at most one fault', async () => {
    await sandbox.behave({ faults: [{ answer: 503, times: 5 }] });
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => outcomeOfSending()));
    expect(outcomes.filter((outcome) => outcome === 503)).toHaveLength(5);
    expect(await sandbox.acceptedFor(ann)).toBe(15);
  });

  it('answers late, after the message has arrived', async () => {
    await sandbox.behave({ delayMs: 2_000 });
    const began = performance.now();
    let answered = false;
    const sending = outcomeOfSending().finally(() => (answered = true));
    await sandbox.waitForMessage(ann);
    expect(answered).toBe(false);
    expect(await sending).toBe(202);
    expect(performance.now() - began).toBeGreaterThan(1_990);
  });

  it.each([
    ['unreported', 202, 1, 1],
    ['undeliverable', 202, 1, 0],
    ['rejected', 202, 1, 0],
    ['lost', 202, 1, 0],
    ['refused', 422, 0, 0],
  ] as const)('to a number that is %s', async (outcome, seen, accepted, arrived) => {
    await sandbox.behave({ numbers: { [ann]: outcome } });
    expect(await outcomeOfSending()).toBe(seen);
    expect(await sandbox.acceptedFor(ann)).toBe(accepted);
    expect(await sandbox.messagesTo(ann)).toHaveLength(arrived);
  });

  it.each([
    [{ faults: [{ answer: 418 }] }],
    [{ faults: [{ answer: 500, times: 0 }] }],
    [{ numbers: { '447700900123': 'lost' } }],
    [{ numbers: { [ann]: 'eaten' } }],
    [{ dealyMs: 5 }],
    [{ receipts: { signature: 'forged' } }],
  ])('does not take %j for a behaviour', async (behaviour) => {
    await expect(sandbox.behave(behaviour as BehaviourInput)).rejects.toThrow(/422.*invalid_parameters/);
  });

  it('says how it behaves, and what is left of its faults', async () => {
    await sandbox.behave({ faults: [{ answer: 500, times: 2 }], numbers: { [ann]: 'lost' } });
    await outcomeOfSending();
    expect(await (await fetch(`${sandbox.url}/behaviour`)).json()).toEqual({
      faults: [{ answer: 500, when: 'before', times: 1 }],
      delayMs: 0,
      receipts: { duplicate: false, reverse: false, signature: 'valid', delayMs: 0 },
      numbers: { [ann]: 'lost' },
    });
  });
});
