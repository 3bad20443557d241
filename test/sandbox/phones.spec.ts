import { describe, expect, it } from 'vitest';
import { Phones } from './phones.js';

const ann = '+447700900123';
const ben = '+447700900124';
const message = (number: string, text: string) => ({
  id: text,
  number,
  from: 'Callbook',
  text,
  receivedAt: '2026-01-01T00:00:00.000Z',
  encoding: 'gsm7' as const,
  units: text.length,
  segments: 1,
});
const send = (phones: Phones, number: string, text: string) => {
  phones.accept(number);
  phones.receive(message(number, text));
};
const never = () => new AbortController().signal;

describe('phones', () => {
  it('keep the newest messages of each, and the phones addressed last', () => {
    const phones = new Phones({ phones: 2, messages: 2 });
    for (const text of ['1', '2', '3']) send(phones, ann, text);
    expect(phones.of(ann).messages.map(({ text }) => text)).toEqual(['2', '3']);
    expect(phones.of(ann).accepted).toBe(3);

    send(phones, ben, '4');
    send(phones, ann, '5');
    send(phones, '+447700900125', '6');
    expect(phones.all().map(({ number }) => number)).toEqual(['+447700900125', ann]);
  });

  it('wake those who wait for a message to that phone, and nobody else', async () => {
    const phones = new Phones();
    const woken: string[] = [];
    const waits = [ann, ben, undefined].map((number) =>
      phones.until(number, 0, never()).then(() => void woken.push(number ?? 'any')),
    );
    send(phones, ben, 'hello');
    await Promise.all(waits.slice(1));
    expect(woken.sort()).toEqual([ben, 'any']);
    send(phones, ann, 'hello');
    await Promise.all(waits);
  });

  it('answer at once when the message is there already, and when nobody waits any more', async () => {
    const phones = new Phones();
    send(phones, ann, 'hello');
    await phones.until(ann, 0, never());
    await phones.until(ann, phones.position, AbortSignal.abort());
    const gone = new AbortController();
    const wait = phones.until(ann, phones.position, gone.signal);
    gone.abort();
    await wait;
  });
});
