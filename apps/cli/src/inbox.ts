import { createInterface } from 'node:readline/promises';
import { z } from 'zod';

/** Where the text message to a number is read: a trial's inbox, or the person at the keyboard. */
export interface Mailbox {
  /** The next message to the number since the mailbox was opened. */
  next(number: string): Promise<string>;
}

const Phones = z.object({ position: z.number() });
const Messages = z.object({ messages: z.array(z.object({ text: z.string() })) });

/** Seconds; the phone network is not always quick. */
const patience = 30;

/** The inbox of a trial, from this moment on. */
export async function openInbox(url: string): Promise<Mailbox> {
  const { position } = Phones.parse(await (await fetch(`${url}/phones`)).json());
  return {
    next: async (number) => {
      const response = await fetch(
        `${url}/phones/${encodeURIComponent(number)}/messages?after=${position}&wait=${patience}`,
      );
      const [message] = Messages.parse(await response.json()).messages;
      if (!message) throw new Error(`no message came within ${patience} seconds`);
      return message.text;
    },
  };
}

export const keyboard: Mailbox = {
  next: async (number) => {
    const terminal = createInterface({ input: process.stdin, output: process.stderr });
    try {
      return await terminal.question(`The text message that came to ${number}: `);
    } finally {
      terminal.close();
    }
  },
};
