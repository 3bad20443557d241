import type { BehaviourInput } from './behaviour.js';
import type { Message } from './phones.js';

/** A sandbox as tests use it, wherever it runs. */
export interface PhoneNetwork {
  readonly url: string;
  /** Messages that lie on the phone, oldest first. */
  messagesTo(number: string): Promise<readonly Message[]>;
  /** Messages that were sent to the number, whether or not they arrived. */
  acceptedFor(number: string): Promise<number>;
  /** Position of the newest message on any phone: `after` for whoever waits for the next one. */
  position(): Promise<number>;
  /** The oldest message later than position `after` (0: any). Errors: NoMessage after `timeoutMs` (10 s). */
  waitForMessage(number: string, options?: { after?: number; timeoutMs?: number }): Promise<Message>;
  empty(number: string): Promise<void>;
  /** Replaces all of the behaviour; `{}` is a network without faults. */
  behave(behaviour: BehaviourInput): Promise<void>;
}

export class NoMessage extends Error {
  override readonly name = 'NoMessage';
}

interface Inbox {
  readonly accepted: number;
  readonly messages: readonly Message[];
}

/** Seconds for which one request waits; a longer wait is made of several. */
const longestWait = 20;

export function sandboxAt(url: string): PhoneNetwork {
  const ask = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(new URL(path, url), {
      method,
      ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`the sandbox answered ${response.status}: ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  };
  const pathOf = (number: string) => `/phones/${encodeURIComponent(number)}/messages`;
  const inbox = (number: string, query = '') => ask('GET', pathOf(number) + query) as Promise<Inbox>;

  return {
    url,
    messagesTo: async (number) => (await inbox(number)).messages,
    acceptedFor: async (number) => (await inbox(number)).accepted,
    position: async () => ((await ask('GET', '/phones')) as { position: number }).position,
    waitForMessage: async (number, { after = 0, timeoutMs = 10_000 } = {}) => {
      const deadline = Date.now() + timeoutMs;
      for (;;) {
        const left = Math.max(0, deadline - Date.now());
        const wait = Math.min(longestWait, left / 1_000);
        const { messages } = await inbox(number, `?after=${after}&wait=${wait}`);
        if (messages[0]) return messages[0];
        if (left === 0) throw new NoMessage(`no message reached ${number} within ${timeoutMs} ms`);
      }
    },
    empty: async (number) => void (await ask('DELETE', pathOf(number))),
    behave: async (behaviour) => void (await ask('PUT', '/behaviour', behaviour)),
  };
}
