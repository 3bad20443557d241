import type { Segmentation } from './segments.js';

/** A message as it lies in the inbox of a phone. */
export interface Message extends Segmentation {
  /** The provider's message_uuid. */
  readonly id: string;
  /** Grows with every message that reaches any phone: what `after` compares with. */
  readonly position: number;
  /** With the plus sign: `+447700900123`. */
  readonly number: string;
  readonly from: string;
  readonly text: string;
  /** RFC 3339, UTC. */
  readonly receivedAt: string;
  /** The sender's own reference. */
  readonly clientRef?: string;
}

export interface Phone {
  readonly number: string;
  /** Messages that the network took for this number, whether or not they arrived: what the sender pays for. */
  accepted: number;
  /** Oldest first. */
  messages: Message[];
}

export interface PhoneLimits {
  /** The phone that heard nothing for longest is forgotten. */
  readonly phones: number;
  /** Of one phone; the oldest is forgotten. */
  readonly messages: number;
}

interface Waiter {
  readonly number: string | undefined;
  readonly after: number;
  readonly wake: () => void;
}

/** Every phone of the fake network, in memory and bounded. */
export class Phones {
  /** Least recently addressed first. */
  private readonly phones = new Map<string, Phone>();
  private readonly waiters = new Set<Waiter>();
  private last = 0;

  constructor(private readonly limits: PhoneLimits = { phones: 20_000, messages: 100 }) {}

  /** Position of the newest message of all. */
  get position(): number {
    return this.last;
  }

  /** Counts a message that was taken; `receive` is what makes it arrive. */
  accept(number: string): void {
    const phone = this.phones.get(number) ?? { number, accepted: 0, messages: [] };
    phone.accepted += 1;
    this.phones.delete(number);
    this.phones.set(number, phone);
    const oldest = this.phones.keys().next();
    if (this.phones.size > this.limits.phones && !oldest.done) this.phones.delete(oldest.value);
  }

  receive(message: Omit<Message, 'position'>): void {
    const phone = this.phones.get(message.number);
    if (!phone) return;
    this.last += 1;
    phone.messages.push({ ...message, position: this.last });
    if (phone.messages.length > this.limits.messages) phone.messages.shift();
    for (const waiter of this.waiters) if (this.heard(waiter.number, waiter.after)) waiter.wake();
  }

  of(number: string): Readonly<Phone> {
    return this.phones.get(number) ?? { number, accepted: 0, messages: [] };
  }

  /** Most recently addressed first. */
  all(): readonly Readonly<Phone>[] {
    return [...this.phones.values()].reverse();
  }

  empty(number: string): void {
    this.phones.delete(number);
  }

  /** Resolves when a message after that position lies there (on any phone when no number is given), or the signal is aborted. */
  async until(number: string | undefined, after: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.heard(number, after)) return;
    await new Promise<void>((resolve) => {
      const waiter: Waiter = {
        number,
        after,
        wake: () => {
          this.waiters.delete(waiter);
          signal.removeEventListener('abort', waiter.wake);
          resolve();
        },
      };
      this.waiters.add(waiter);
      signal.addEventListener('abort', waiter.wake, { once: true });
    });
  }

  private heard(number: string | undefined, after: number): boolean {
    const newest = number === undefined ? this.last : (this.phones.get(number)?.messages.at(-1)?.position ?? 0);
    return newest > after;
  }
}
